"""The study file's sections on how projections of an encoder are fine-tuned and LoRAs trained."""

from typing import Annotated

from pydantic import Field

from synthgap.objectives.spec import Objective
from synthgap.places import Place
from synthgap.section import Section


class Tuning(Section):
    """How the projections of a CLIP are fine-tuned: the matrices that bring images and captions
    into their common space, and the temperature. All else stays as it is."""

    pairs: Place | None = None
    """CSV file with the columns `file`, named from the folder of the CSV file, and `caption`. None
    of its images may be measured. May be left out for the miniature's models, whose own pairs are
    then taken."""

    objective: Objective = Objective()
    """What they are trained towards; CLIP's own loss if left out."""

    steps: Annotated[int, Field(ge=1)]
    """Training steps."""

    batch_size: Annotated[int, Field(ge=2)] = 96
    """Pairs in a step; every other caption of the batch is a contrast."""

    learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    """Highest learning rate of AdamW, after the warm-up and before the cosine decay."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the order of the pairs."""


class LoRATraining(Section):
    """How a LoRA is trained."""

    rank: Annotated[int, Field(ge=1)] = 4
    """Rank of the changes."""

    steps: Annotated[int, Field(ge=1)]
    """Training steps."""

    batch_size: Annotated[int, Field(ge=1)] = 16
    """Images in a step."""

    learning_rate: Annotated[float, Field(gt=0)] = 1e-4
    """Highest learning rate of AdamW, after the warm-up and before the cosine decay."""

    caption_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of images that come with the empty prompt, so that guidance still works."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the first weights, of the order of the images, of their prompts and of noise."""
