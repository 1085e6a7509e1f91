"""The study file's section on the objective of a CLIP."""

from typing import Annotated

from pydantic import Field

from synthgap.section import Section

Weight = Annotated[float, Field(ge=0)]


class Objective(Section):
    """What a CLIP is trained towards: its contrastive loss, and what is added to it."""

    temperature: Annotated[float, Field(ge=0.01, le=10)] | None = None
    """What cosines are divided by in the contrastive loss, at the beginning. If left out, the
    model's own: 0.07 for one that is trained from nothing. CLIP allows no less than 0.01."""

    learn_temperature: bool = True
    """Whether the temperature is trained too, as CLIP's is, or stays as it is."""

    alignment: Weight = 0.0
    """Weight of the mean squared distance of an image from its caption, beside the contrastive
    loss."""

    gap: Weight = 0.0
    """Weight of the squared distance between mean image and mean caption of a batch, beside the
    contrastive loss."""
