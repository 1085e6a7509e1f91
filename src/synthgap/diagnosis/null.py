"""What a statistic does when nothing is wrong: natural images measured against natural images.

The n images of a class in natural-train and the n in natural-val are put together and parted at
random again and again; each time the one half plays the source and the other the natural set, at
the n that the study measures. No threshold is chosen by hand: a source is judged by how rarely such
partings go as far.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from synthgap import seeds
from synthgap.diagnosis.evidence import Class


class Partings(NamedTuple):
    """The natural images of one class, parted at random in two halves of n, again and again."""

    images: Float[np.ndarray, "m d"]
    """Those of natural-train, then those of natural-val; m is 2 n."""
    first: Bool[np.ndarray, "draws m"]
    """Which images are in the half that plays the source."""


class Null(NamedTuple):
    """A statistic of one class under the null."""

    values: Float[np.ndarray, "draws"]

    @property
    def mean(self) -> float:
        """What natural images show."""
        return float(self.values.mean())

    def excess(self, values: float | Float[np.ndarray, "draws"]) -> Float[np.ndarray, "draws"]:
        """Standard deviations of the null that values lie above its mean.

        Where the null does not vary, any value above its mean is infinitely far above.
        """
        above: Float[np.ndarray, "draws"] = np.asarray(values, dtype=float) - self.mean
        spread = float(self.values.std())
        if spread > 1e-12:
            return above / spread
        return np.where(np.abs(above) < 1e-12, 0.0, np.copysign(np.inf, above))


def part(one: Class, draws: int) -> Partings:
    """Part the natural images of a class at random; the same way for every variant."""
    images = np.concatenate([one.train, one.val]).astype(np.float64)
    ranks = seeds.generator("natural partings", one.class_id).random((draws, len(images)))
    return Partings(images, ranks.argsort(axis=1).argsort(axis=1) < len(one.train))


def displacements(
    points: Float[np.ndarray, "m d"], weights: Float[np.ndarray, "draws m"]
) -> Float[np.ndarray, "draws"]:
    """Squared distance of the mean under each row of weights from the mean of all points."""
    shares = weights / weights.sum(axis=1, keepdims=True)
    centred = points - points.mean(axis=0)
    # By the m x m products of the points: there are mostly fewer points than dimensions.
    squares = np.sum((shares @ (centred @ centred.T)) * shares, axis=1)
    found: Float[np.ndarray, "draws"] = np.maximum(squares, 0)
    return found


def spreads(
    points: Float[np.ndarray, "m d"], weights: Float[np.ndarray, "draws m"]
) -> Float[np.ndarray, "draws"]:
    """Mean squared distance of points from their mean, under each row of weights."""
    shares = weights / weights.sum(axis=1, keepdims=True)
    squares = np.sum((points - points.mean(axis=0)) ** 2, axis=1)
    found: Float[np.ndarray, "draws"] = shares @ squares - displacements(points, weights)
    return found


def log_ratio(
    one: Float[np.ndarray, "draws"], other: Float[np.ndarray, "draws"]
) -> Float[np.ndarray, "draws"]:
    """Logarithm of the ratio of two spreads; that of images that are all the same is very small."""
    least = np.finfo(float).eps
    ratios: Float[np.ndarray, "draws"] = np.log(np.maximum(one, least) / np.maximum(other, least))
    return ratios


def judge(
    observed: Float[np.ndarray, "classes"], nulls: Sequence[Null]
) -> tuple[Float[np.ndarray, "classes"], Float[np.ndarray, "classes"]]:
    """Say how rarely natural images go as far as the observed values, upwards.

    Each class's values are put on the scale of its own null (mean and standard deviation), and all
    classes' draws then serve every class. With the draws of one class alone, no p-value could be
    smaller than one in draws + 1, too coarse for many classes.

    Returns:
        p-values, each (1 + draws as far) / (1 + draws), and excesses (`Null.excess`).
    """
    excesses = np.array(
        [float(null.excess(value)) for value, null in zip(observed, nulls, strict=True)]
    )
    drawn = np.sort(np.concatenate([null.excess(null.values) for null in nulls]))
    as_far = len(drawn) - np.searchsorted(drawn, excesses - 1e-9, side="left")
    return (1 + as_far) / (1 + len(drawn)), excesses
