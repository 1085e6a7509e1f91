"""How many near-duplicates chance would give: as many as natural-train has of itself.

Images that are drawn as natural-train was, and copy nothing, are near-duplicates of it as often as
its own images are of each other. That share is only known from so many images, so the number that
chance gives is beta-binomial: the predictive distribution after Jeffreys' prior. Natural twins are
found from both sides, so natural-train counts as half as many images (a design effect of 2).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

TWINS = 2
"""Natural images that one pair makes near-duplicates."""


class Counted(NamedTuple):
    """Natural-train images of a class."""

    images: int
    near_duplicates: int


class Chance(NamedTuple):
    """What is to be expected of a source that copies nothing, and how rare what was found is."""

    expected: float
    low: float
    """The number lies in this interval with 95 % probability."""
    high: float
    p_value: float
    """Probability of as many as were found, or more."""


def by_chance(found: int, images: Mapping[str, int], natural: Mapping[str, Counted]) -> Chance:
    """Say how many of a source's images chance would make near-duplicates.

    Args:
        found: different natural images that were copied. That one has many near-duplicates is one
            event and not many.
        images: of the source, by class.
        natural: natural-train, by class. Classes without an image there say nothing.

    >>> chance = by_chance(3, {"crane": 100}, {"crane": Counted(1000, 0)})
    >>> chance.expected, chance.high, chance.p_value < 0.01
    (0.0, 1.0, True)
    """
    # It takes a second to import, and the verdict needs none of it.
    from scipy.stats import betabinom

    weights = {name: count for name, count in images.items() if natural[name].images}
    total = sum(weights.values())
    if not total:
        return Chance(*[float("nan")] * 4)
    rate = sum(
        count * natural[name].near_duplicates / natural[name].images
        for name, count in weights.items()
    )
    rate /= total
    # As many images of one class tell as much of the rate (Kish).
    worth = total**2 / sum(count**2 / natural[name].images for name, count in weights.items())
    worth /= TWINS
    model = betabinom(total, rate * worth + 0.5, (1 - rate) * worth + 0.5)
    low, high = (float(end) for end in model.ppf([0.025, 0.975]))
    # Of all events sf(-1) is 1, up to rounding.
    return Chance(rate * total, low, high, float(np.clip(model.sf(found - 1), 0, 1)))
