"""The encoders of a study file: those that open a model, and what is made of them."""

from typing import Annotated

from pydantic import Field

from synthgap.embedding import clip
from synthgap.embedding.mean_removal import MeanRemoved
from synthgap.embedding.vision import VisionEncoder
from synthgap.tuning.spec import Tuning


class ClipEncoder(clip.ClipEncoder):
    """A model that embeds images and texts into one space."""

    tune: Tuning | None = None
    """How its projections are fine-tuned before it embeds anything; not at all if left out. Needs
    a CLIP (`CLIPModel` of transformers)."""


Opened = ClipEncoder | VisionEncoder
"""Encoders that open a model."""

AnyEncoder = Annotated[Opened | MeanRemoved, Field(discriminator="kind")]
"""Stays here and not beside the encoders: embeddings that were made know nothing of the others."""
