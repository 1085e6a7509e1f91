"""The projections of a pretrained CLIP, trained while everything else stays as it is.

What the towers give is computed once, since it does not change: a step then costs two products of
small matrices.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from synthgap.errors import InputError
from synthgap.files import replacing_folder
from synthgap.image_sets.pairs import Pair, picture, read_pairs
from synthgap.jobs.devices import best_device
from synthgap.models import Checkpoint, opening
from synthgap.objectives.loop import Descent, batches, deterministic
from synthgap.objectives.loss import begin, limit, loss
from synthgap.tuning.spec import Tuning

if TYPE_CHECKING:
    import torch

WHAT = "a CLIP whose projections can be tuned"

BATCH = 64
"""Images or captions that go through their tower at once."""


class Towers(NamedTuple):
    """What the towers give before the projections: pooled features of n pairs, float32."""

    images: torch.Tensor
    texts: torch.Tensor


def tune_projections(
    checkpoint: Checkpoint, pairs: str | Path, spec: Tuning, folder: Path, threads: int
) -> None:
    """Fine-tune the projections of a CLIP and write model and processor to `folder`.

    Args:
        checkpoint: a `transformers.CLIPModel`.
        pairs: table of pairs.
        spec: how.
        folder: in the layout that `from_pretrained` reads.
        threads: CPU threads to use.

    Raises:
        InputError: the model cannot be opened or is no CLIP; a pair's image cannot be read; the
            training has diverged.
    """
    import torch
    from transformers import AutoModel, AutoProcessor, CLIPModel

    device = best_device(threads)
    location = checkpoint.location
    with opening(location, WHAT):
        model = AutoModel.from_pretrained(
            location, revision=checkpoint.revision, dtype=torch.float32, use_safetensors=True
        ).eval()
        processor = AutoProcessor.from_pretrained(location, revision=checkpoint.revision)
    if not isinstance(model, CLIPModel):
        raise InputError(f"{location}: {type(model).__name__} is not {WHAT}")
    listed = read_pairs(pairs)
    towers = _through_towers(model.to(device), processor, listed, pairs, device)
    model.to("cpu")
    captions = np.unique([pair.caption for pair in listed], return_inverse=True)[1]
    train(model, towers, captions, spec)
    with replacing_folder(folder) as new:
        model.save_pretrained(new)
        processor.save_pretrained(new)


def train(model: Any, towers: Towers, captions: np.ndarray, spec: Tuning) -> None:
    """Train the projections and the temperature of a CLIP on the CPU, in place.

    Args:
        model: a `transformers.CLIPModel`.
        towers: pooled features of n pairs.
        captions: n numbers, equal where captions are.
        spec: how.
    """
    import torch

    trained = torch.nn.Module()
    trained.visual, trained.text = model.visual_projection, model.text_projection
    trained.logit_scale = model.logit_scale
    begin(model.logit_scale, spec.objective)
    with deterministic(spec.seed) as rng:
        descent = Descent(trained, spec.learning_rate, spec.steps, "projections")
        order = batches(len(captions), spec.batch_size, rng)
        for _, batch in zip(descent, order, strict=False):
            images = unit(model.visual_projection(towers.images[batch]))
            texts = unit(model.text_projection(towers.texts[batch]))
            logits = images @ texts.T * model.logit_scale.exp()
            same = torch.from_numpy(captions[batch][:, None] == captions[batch])
            descent(loss(spec.objective, logits, images, texts, same))
            limit(model.logit_scale)


def unit(points: torch.Tensor) -> torch.Tensor:
    """Scale rows to unit length."""
    scaled: torch.Tensor = points / points.norm(dim=1, keepdim=True)
    return scaled


def _through_towers(
    model: Any, processor: Any, pairs: Sequence[Pair], table: str | Path, device: torch.device
) -> Towers:
    """Compute what the towers give, a batch at a time.

    Raises:
        InputError: an image cannot be read.
    """
    import torch

    images, texts = [], []
    with torch.inference_mode():
        for part in _parts(pairs):
            pixels = processor(images=[picture(pair, table) for pair in part], return_tensors="pt")
            words = processor(
                text=[pair.caption for pair in part],
                return_tensors="pt",
                padding=True,
                truncation=True,
                max_length=min(
                    processor.tokenizer.model_max_length,
                    model.config.text_config.max_position_embeddings,
                ),
            )
            images.append(model.vision_model(**pixels.to(device)).pooler_output.cpu())
            texts.append(model.text_model(**words.to(device)).pooler_output.cpu())
    # What inference gave cannot be trained on; a copy can.
    return Towers(torch.cat(images).clone(), torch.cat(texts).clone())


def _parts(pairs: Sequence[Pair]) -> Iterator[Sequence[Pair]]:
    for start in range(0, len(pairs), BATCH):
        yield pairs[start : start + BATCH]
