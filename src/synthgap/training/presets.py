"""Published recipes by name: what they say, number by number, and how it is said with timm.

[config] is official/vision/configs/experiments/image_classification/imagenet_resnetrs152_i224.yaml
of github.com/tensorflow/models at commit 0de1746a258cd503bfc2f4a965518948c3aa59dd; [paper] is Bello
et al., Revisiting ResNets, arXiv 2103.07579. "Our reading" is what neither says in timm's terms.
The architecture is timm's own: its resnetrs152 has ReLU where [config] says swish.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

RESNET_RS: Mapping[str, Any] = MappingProxyType(
    {
        # [config] input_size 224 (in its sibling _i256: 256).
        "image_size": 224,
        # [config] train_steps 109,200 of 312 a pass over ImageNet; [paper] 350 epochs.
        "epochs": 350,
        # [config] global_batch_size 4096.
        "batch_size": 4096,
        # [config] sgd, momentum 0.9. Our reading: timm's "momentum", since its "sgd" is Nesterov's.
        "optimizer": "momentum",
        "momentum": 0.9,
        # [config] cosine from 1.6 at a batch of 4096, which is [paper] 0.1 per 256 images.
        "learning_rate_per_256": 0.1,
        "scheduler": "cosine",
        # [config] linear, warmup_steps 1,560 = 5 epochs. Our reading: from zero to the highest
        # rate, after which the cosine goes on where it is by then.
        "warmup_epochs": 5,
        "warmup_start": 0.0,
        # [config] l2_weight_decay. Our reading: not on norms and biases, as timm has it by itself.
        "weight_decay": 4e-5,
        # [config] label_smoothing 0.1.
        "label_smoothing": 0.1,
        "loss": "ce",
        # [config] randaug, magnitude 15; two layers, the default there. Our reading: mmax30 lets
        # timm go beyond 10, with the same strengths as there at 15.
        "auto_augment": "rand-m15-mmax30-n2",
        # [config] dropout_rate 0.25, stochastic_depth_drop_rate 0.0.
        "dropout": 0.25,
        "drop_path": 0.0,
        # [config] average_decay 0.9999. Our reading: of buffers too, as timm has it.
        "ema_decay": 0.9999,
        # [config] mixed_precision_dtype bfloat16.
        "amp": "bfloat16",
    }
)

PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType({"resnet-rs": RESNET_RS})
