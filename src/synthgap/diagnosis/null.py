"""How far a statistic goes when nothing is wrong, by parting two sets of one class at random.

Two sets of n images are put together and parted again and again into halves that play the source
and natural-train. If the source were natural, its own parting would be one of these, so the share
of them that go as far is a p-value, whatever the distribution of the class (permutation test: R. A.
Fisher, 1935; E. J. G. Pitman, 1937). No threshold is chosen by hand.

A null from natural images alone, natural-train parted from natural-val, is no valid one: it knows
nothing of the source's own sampling. In a simulation with classes of which 4 % of the images are an
outlying kind, it accused natural images in most studies.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from synthgap import seeds

PARTINGS = 9_999
"""How often a class is parted: the smallest p-value is 1 in 10,000."""

AT_ONCE = 1_000


class Judgement(NamedTuple):
    """What random partings say of the true one."""

    value: float
    """The statistic of the true parting."""
    p_value: float
    """Share of partings, the true one among them, that go as far upwards."""
    excess: float
    """Standard deviations of the partings that the true one lies above their mean."""


Statistic = Callable[[Bool[np.ndarray, "draws m"]], Float[np.ndarray, "draws"]]
"""A number for each parting, which is given as what of the 2 n images plays the source."""


def judge(statistic: Statistic, n: int, class_id: str) -> Judgement:
    """Compare the true parting, in which the source comes first, with random ones.

    Args:
        statistic: large where something is wrong.
        n: images of each of the two sets.
        class_id: the class; every variant is parted in the same ways.
    """
    true = float(statistic(np.arange(2 * n)[None] < n)[0])
    drawn = np.concatenate([statistic(some) for some in partings(n, class_id, PARTINGS)])
    spread = float(drawn.std())
    # Equal numbers are computed in another order.
    as_far = int(np.sum(drawn >= true - 1e-9 * (1 + abs(true))))
    excess = (true - float(drawn.mean())) / spread if spread > 1e-12 else 0.0
    return Judgement(true, (1 + as_far) / (1 + PARTINGS), excess)


def partings(n: int, class_id: str, draws: int) -> Iterator[Bool[np.ndarray, "some m"]]:
    """Part 2 n images into halves, some at a time."""
    rng = seeds.generator("partings", class_id)
    for start in range(0, draws, AT_ONCE):
        ranks = rng.random((min(AT_ONCE, draws - start), 2 * n))
        yield ranks <= np.partition(ranks, n - 1, axis=1)[:, n - 1 : n]


def residuals(
    images: Float[np.ndarray, "n d"], natural: Float[np.ndarray, "n d"]
) -> Float[np.ndarray, "m d"]:
    """Move two sets to one mean and put them together, so that only their spreads can differ.

    Source: M. J. Anderson, Biometrics 62, 2006 (permuting residuals to compare dispersions).
    """
    return np.concatenate([x - x.mean(axis=0) for x in (images, natural)])


def displacements(
    points: Float[np.ndarray, "m d"], weights: Float[np.ndarray, "draws m"]
) -> Float[np.ndarray, "draws"]:
    """Squared distance of the mean under each row of weights from the mean of all points."""
    shares = weights / weights.sum(axis=1, keepdims=True)
    centred = points - points.mean(axis=0)
    m, d = centred.shape
    if d < m:
        squares = np.sum((shares @ centred) ** 2, axis=1)
    else:
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


def log_spread_ratio(
    points: Float[np.ndarray, "m d"], first: Bool[np.ndarray, "draws m"]
) -> Float[np.ndarray, "draws"]:
    """Logarithm of how many times as far the first half spreads as the other; of equal size."""
    half = len(points) // 2
    squares = np.sum((points - points.mean(axis=0)) ** 2, axis=1)
    inside = first @ squares / half
    # Both halves' means lie equally far from the mean of all.
    moved = displacements(points, first)
    return log_ratio(inside - moved, squares.sum() / half - inside - moved)
