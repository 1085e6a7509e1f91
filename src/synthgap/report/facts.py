"""What the report says of a study without measuring anything: its parts, by name."""

from collections.abc import Sequence
from typing import NamedTuple

from synthgap.summary.card import Made
from synthgap.summary.sweeps import Sweep, sweeps
from synthgap.summary.verdict import BASELINE


class Class(NamedTuple):
    """A class of the study."""

    class_id: str
    name: str
    definition: str


class Variant(NamedTuple):
    """A synthetic set, and how it was made."""

    name: str
    generator: str | None
    """None where it takes other variants' images."""
    recipe: str | None
    guidance_scale: float | None
    made: Made = Made({}, {})
    """The same for people, with examples of prompts."""


class Facts(NamedTuple):
    """A study as the report introduces it."""

    study: str
    description: str
    encoder: str
    """The headline encoder, in whose space classes and the map are shown."""
    classes: Sequence[Class]
    variants: Sequence[Variant]
    named_classes: Sequence[str]
    """Classes that are shown in full however many there are."""
    n: int
    text: str
    """The study file."""
    trains: bool = False
    """Whether classifiers are trained."""
    baseline: str | None = None
    """Variant over which gains are measured; None in a study that filters and selects nothing."""
    chooses: bool = False
    """Whether a variant chooses for each class among others."""
    mixes: bool = False
    """Whether natural images alone, in several numbers, stand beside mixtures."""
    predicts: bool = False
    """Whether measures are ranked by how they order variants."""
    ordered: bool = False
    """Whether it has variants enough to compare the orders that measures give them."""
    grouped: bool = False
    """Whether the study names groups of classes."""
    open_question: str = ""
    """What the study's seeds leave open, in a sentence; may be empty."""

    @property
    def class_ids(self) -> list[str]:
        """In their order."""
        return [each.class_id for each in self.classes]

    @property
    def numbers(self) -> dict[str, int]:
        """Of each class its place in that order, by which the page's scripts know it."""
        return {class_id: place for place, class_id in enumerate(self.class_ids)}

    @property
    def sweeps(self) -> list[Sweep]:
        """Variants that differ in nothing but the guidance scale."""
        return sweeps(
            (variant.name, variant.generator, variant.recipe, variant.guidance_scale)
            for variant in self.variants
        )

    @property
    def sources(self) -> list[str]:
        """What the page shows pictures of: natural images and the variants."""
        return [BASELINE, *(variant.name for variant in self.variants)]
