"""Mixtures of sources: how many images of each class a training set takes of each source."""

import math
from typing import Annotated, Self

from pydantic import Field, model_validator

from synthgap.refusals import PATH_SAFE
from synthgap.section import Section


class Mixture(Section):
    """A training set of a fixed size in which sources have fixed shares."""

    images_per_class: int = Field(ge=1)
    """Images of each class in all. They are chosen at random, none twice; a choice depends on
    source and class alone, and a larger one contains the smaller."""
    proportions: dict[
        Annotated[str, Field(pattern=PATH_SAFE)], Annotated[float, Field(gt=0, le=1)]
    ] = Field(min_length=1)
    """Share of each source, 1 in all: names of variants, and natural-train."""

    @model_validator(mode="after")
    def _add_up(self) -> Self:
        total = math.fsum(self.proportions.values())
        if abs(total - 1) > 1e-6:
            raise ValueError(f"proportions add up to {total:g}; they must add up to 1")
        for source, count in self.counts.items():
            if count == 0:
                raise ValueError(
                    f"the proportion of {source} is less than half an image of "
                    f"{self.images_per_class} a class; raise images_per_class, or leave it out"
                )
        return self

    @property
    def counts(self) -> dict[str, int]:
        """Images a class of each source, which add up to images_per_class.

        What rounding down leaves goes to the sources that lost most by it.

        >>> Mixture(images_per_class=10, proportions={"a": 0.75, "b": 0.25}).counts
        {'a': 8, 'b': 2}
        """
        exact = {name: self.images_per_class * share for name, share in self.proportions.items()}
        # Products such as 100 × 0.29 fall just short of whole numbers.
        found = {name: math.floor(round(value, 6)) for name, value in exact.items()}
        lost = sorted(exact, key=lambda name: round(found[name] - exact[name], 6))
        for name in lost[: self.images_per_class - sum(found.values())]:
            found[name] += 1
        return found
