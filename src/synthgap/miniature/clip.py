"""The miniature's CLIP: trained on web scans and captions, saved as a Hugging Face folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgap.files import replacing_folder
from synthgap.image_sets.digits import SIZE
from synthgap.miniature.attributes import describe
from synthgap.miniature.captions import captions, draw
from synthgap.miniature.loop import Descent, batches, deterministic
from synthgap.miniature.spec import ClipSpec
from synthgap.miniature.tokenizer import MAX_TOKENS, train_tokenizer
from synthgap.miniature.web import WebScans

if TYPE_CHECKING:
    import torch

WIDTH = 64
"""Width of both towers and of the space they share."""


def build(tokenizer: Any) -> Any:
    """Build an untrained `transformers.CLIPModel` for images of `SIZE` and this tokenizer."""
    from transformers import CLIPConfig, CLIPModel

    tower = {
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_attention_heads": 4,
        "projection_dim": WIDTH,
    }
    text = {
        "vocab_size": len(tokenizer),
        "max_position_embeddings": MAX_TOKENS,
        "num_hidden_layers": 2,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    vision = {"image_size": SIZE, "patch_size": 4, "num_hidden_layers": 3}
    config = CLIPConfig(
        text_config=tower | text, vision_config=tower | vision, projection_dim=WIDTH
    )
    return CLIPModel(config)


def contrast(logits: torch.Tensor, same: torch.Tensor) -> torch.Tensor:
    """Compute CLIP's symmetric loss where several pairs of a batch may share their caption.

    `logits` is n images × n captions, the pairs on the diagonal; `same` (bool, n×n) tells which
    pairs have the same caption. An image aims at all copies of its caption in equal shares, and a
    caption at all its images. With captions that all differ it is the loss that CLIP is known by.
    """
    import torch

    shares = same / same.sum(dim=1, keepdim=True)
    entropy = torch.nn.functional.cross_entropy
    return (entropy(logits, shares) + entropy(logits.T, shares)) / 2


def train_clip(scans: WebScans, spec: ClipSpec, folder: Path) -> None:
    """Train a CLIP on the scans and write model and processor to `folder`.

    `CLIPModel.from_pretrained` and `AutoProcessor.from_pretrained` load it.
    """
    import torch
    from transformers import CLIPImageProcessor, CLIPProcessor

    tokenizer = train_tokenizer()
    texts = captions()
    tokens = tokenizer(texts, padding=True, return_tensors="pt").input_ids
    identity = np.unique(texts, return_inverse=True)[1]  # two classes share the captions of a name
    tokenizer.backend_tokenizer.no_padding()  # or the padding just asked for would be saved with it
    images = torch.from_numpy(scans.scaled())
    words = describe(scans.pixels, scans.digits)

    with deterministic(spec.seed) as rng:
        model = build(tokenizer)
        descent = Descent(model, spec.learning_rate, spec.steps, "CLIP")
        for _, batch in zip(descent, batches(len(images), spec.batch_size, rng), strict=False):
            said = draw(scans.digits[batch], words[batch], rng)
            same = identity[said][:, None] == identity[said]
            out = model(input_ids=tokens[said], pixel_values=images[batch])
            descent(contrast(out.logits_per_image, torch.from_numpy(same)))
            with torch.no_grad():
                model.logit_scale.clamp_(max=4.6052)  # ln 100, as CLIP does

    processor = CLIPProcessor(
        image_processor=CLIPImageProcessor(
            size={"shortest_edge": SIZE},
            crop_size={"height": SIZE, "width": SIZE},
            image_mean=[0.5] * 3,
            image_std=[0.5] * 3,
        ),
        tokenizer=tokenizer,
    )
    with replacing_folder(folder) as new:
        model.save_pretrained(new)
        processor.save_pretrained(new)
