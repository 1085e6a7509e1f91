"""Is there a hyperplane between two sets of points, and how wide is the gap that it stands in?

Both are one question: how far apart are the convex hulls of the two sets? The widest hyperplane
stands half-way between the two nearest points of the hulls, and there is none where these meet.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

PRECISION = 1e-4
"""Of the margin: how far below the widest hyperplane's it may be, as a part of it."""

SMALLEST = 1e-7
"""Margin, as a part of the points' largest distance from their middle, below which there is none:
float32, in which embeddings are kept, rounds them by as much."""

LEVER = 1e3
"""Weight of the condition that both sides of the hulls' difference weigh the same. The margin
found falls short by a part of 1/LEVER² at most; with much more, rounding would grow."""

START = 1.5
"""Points of each set that are looked at first, for each dimension. With 2 in all half of all
partitions of points in general position are separable, with 3 next to none (T. M. Cover, 1965)."""


class Hyperplane(NamedTuple):
    """One that has all points of one set on one side and all of the other on the other side."""

    normal: Float[np.ndarray, "d"]
    """Of length 1; it points from the second set to the first."""
    offset: float
    """points @ normal - offset are signed distances, 0 half-way between the sets."""
    margin: float
    """Smallest distance of a point from it."""
    most: float
    """No hyperplane between the points has a margin above this."""


def between(
    one: Float[np.ndarray, "n d"], other: Float[np.ndarray, "m d"], *, any_will_do: bool = False
) -> Hyperplane | None:
    """Find the hyperplane of the widest margin between two sets of points; None if there is none.

    What is found is its own proof: all points lie on their sides, and `most` bounds the margin from
    above. That there is none is decided on some of the points, whose hulls meet up to `SMALLEST`,
    and holds for all then. Some are looked at first, and in each round those that lie worst join
    them, until none lies within the margin.

    Args:
        one: points of any length, one or more.
        other: likewise.
        any_will_do: whether there is one is all that is asked; its margin may be any then.

    Returns:
        A hyperplane whose margin is the widest's to a part of `PRECISION`.

    Raises:
        RuntimeError: SciPy's least squares did not end; none of thousands of odd sets did that.

    Source: nearest points of two hulls as non-negative least squares: C. L. Lawson,
    R. J. Hanson, Solving Least Squares Problems, 1974, chapter 23 (least distance programming).
    Their equality with the hard-margin support vector machine: K. P. Bennett, E. J. Bredensteiner,
    Duality and Geometry in SVM Classifiers, ICML 2000.

    >>> found = between(np.array([[3.0, 0.0], [4.0, 1.0]]), np.array([[0.0, 1.0], [0.0, -1.0]]))
    >>> round(found.margin, 4), between(np.eye(2), np.eye(2)) is None
    (1.5, True)
    """
    points = np.concatenate([one, other]).astype(np.float64)
    sides = np.where(np.arange(len(points)) < len(one), 1.0, -1.0)
    middle = (points[sides > 0].mean(axis=0) + points[sides < 0].mean(axis=0)) / 2
    points -= middle
    scale = float(np.linalg.norm(points, axis=1).max())
    if scale == 0:
        return None
    points /= scale
    chosen = _some(sides, points.shape[1])
    while True:
        found = _of_few(points[chosen], sides[chosen])
        if found is None:
            return None
        normal, most = found
        heights = points @ normal
        lowest, highest = heights[sides > 0].min(), heights[sides < 0].max()
        margin = (lowest - highest) / 2
        # Of the points that were looked at: where the hyperplane stands.
        offset = _half_way(heights[chosen], sides[chosen])
        worst = np.where(chosen, np.inf, (heights - offset) * sides)
        within = worst < most * (1 - PRECISION / 2)
        enough = SMALLEST if any_will_do else most * (1 - PRECISION)
        if margin >= enough or not within.any():
            return _in_place(normal, float(lowest + highest) / 2, margin, most, middle, scale)
        order = np.argsort(worst, kind="stable")[: max(points.shape[1], 50)]
        chosen[order[within[order]]] = True


def _in_place(
    normal: Float[np.ndarray, "d"],
    offset: float,
    margin: float,
    most: float,
    middle: Float[np.ndarray, "d"],
    scale: float,
) -> Hyperplane:
    """Undo the move and the scaling of the points."""
    at = offset * scale + float(middle @ normal)
    return Hyperplane(normal, at, float(margin * scale), float(most * scale))


def _some(sides: Float[np.ndarray, "n"], dimensions: int) -> Bool[np.ndarray, "n"]:
    """Say which points to look at first: as many of either side, evenly spread over them."""
    chosen = np.zeros(len(sides), dtype=bool)
    for side in (1.0, -1.0):
        places: Int[np.ndarray, "k"] = np.flatnonzero(sides == side)
        few = min(len(places), int(START * (dimensions + 2)) + 1)
        chosen[places[np.linspace(0, len(places) - 1, few).astype(int)]] = True
    return chosen


def _half_way(heights: Float[np.ndarray, "n"], sides: Float[np.ndarray, "n"]) -> float:
    return float(heights[sides > 0].min() + heights[sides < 0].max()) / 2


def _of_few(
    points: Float[np.ndarray, "n d"], sides: Float[np.ndarray, "n"]
) -> tuple[Float[np.ndarray, "d"], float] | None:
    """Normal of the widest hyperplane and half the distance of the hulls; None if they meet.

    Weights λ ≥ 0 make Σ λ_i s_i x_i small where those of both sides add up to the same; least
    squares find the smallest, and what is left of them is the normal.
    """
    from scipy.optimize import nnls

    count, dimensions = points.shape
    system = np.empty((dimensions + 2, count))
    system[:-2] = (points * sides[:, None]).T
    system[-2] = LEVER * sides
    system[-1] = 1
    wanted = np.zeros(dimensions + 2)
    wanted[-1] = 1
    # Each point may enter and leave several times where points nearly coincide.
    weights, _ = nnls(system, wanted, maxiter=max(30 * dimensions, 10 * count))
    left = -(system @ weights)[:-2]
    length = float(np.linalg.norm(left))
    sums = [float(weights[sides == side].sum()) for side in (1.0, -1.0)]
    if length <= SMALLEST or min(sums) <= 0:
        return None
    nearest = (weights * sides / np.where(sides > 0, *sums)) @ points
    normal = nearest / np.linalg.norm(nearest)
    heights = points @ normal
    if heights[sides > 0].min() <= heights[sides < 0].max():
        # Nearer than rounding lets a normal be known.
        return None
    return normal, float(np.linalg.norm(nearest)) / 2
