"""The miniature's CLIP: trained on web scans and captions, saved as a Hugging Face folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from synthgap.files import replacing_folder
from synthgap.image_sets.digits import SIZE
from synthgap.miniature.attributes import describe
from synthgap.miniature.captions import captions, draw
from synthgap.miniature.spec import ClipSpec
from synthgap.miniature.tokenizer import MAX_TOKENS, train_tokenizer
from synthgap.miniature.web import WebScans
from synthgap.objectives.loop import Descent, batches, deterministic
from synthgap.objectives.loss import begin, limit, loss

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
        begin(model.logit_scale, spec.objective)
        if spec.shared_projection:
            model.text_projection.weight = model.visual_projection.weight
        descent = Descent(model, spec.learning_rate, spec.steps, "CLIP")
        for _, batch in zip(descent, batches(len(images), spec.batch_size, rng), strict=False):
            said = draw(scans.digits[batch], words[batch], rng)
            same = identity[said][:, None] == identity[said]
            out = model(input_ids=tokens[said], pixel_values=images[batch])
            descent(
                loss(
                    spec.objective,
                    out.logits_per_image,
                    out.image_embeds,
                    out.text_embeds,
                    torch.from_numpy(same),
                )
            )
            limit(model.logit_scale)
    if spec.shared_projection:
        # A folder of safetensors holds each tensor for itself.
        weight = model.visual_projection.weight.detach().clone()
        model.text_projection.weight = torch.nn.Parameter(weight)

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
