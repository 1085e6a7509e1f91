"""Which of a class's images to keep: for each criterion an order, the best first.

A larger share keeps all that a smaller one does. Equal images keep the order of their rows. What an
order reads is the class's images in one variant and natural-train; natural-val decides nothing.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike

from synthgap import seeds
from synthgap.measures.intervals.samples import Embeddings
from synthgap.measures.numerics.neighbour_search import nearest

NEAR = 0.05
"""An image is a near-duplicate if it lies nearer to another than this share of natural-train's
images lie to their nearest other one."""

TIE = 1e-6
"""Distances below are none: rounding moves an embedding so far, batch by batch."""

Order = Int[np.ndarray, "k"]
"""Rows of images, the best first."""


def highest_first(scores: ArrayLike) -> Order:
    """Order by falling score; equal scores by row.

    >>> highest_first([0.1, 0.3, 0.3])
    array([1, 2, 0])
    """
    return np.argsort(-np.asarray(scores, np.float64), kind="stable")


def at_random(count: int, class_id: str) -> Order:
    """Order so many images of a class at random, alike in every variant of as many images."""
    return seeds.generator("random subset", class_id).permutation(count)


def farthest_first(
    images: Embeddings, count: int
) -> tuple[Order, Float[np.ndarray, "k"], Float[np.ndarray, "n"]]:
    """Take the image that is nearest to the mean, then ever the one farthest from all taken.

    No subset of the same size has less than half the largest distance of an image to its nearest
    one in the subset.

    Args:
        images: n embeddings of d dimensions.
        count: how many to take, 1 to n.

    Returns:
        Rows as they are taken; how far each lay from those before (the first: from the mean); and
        how far each of the n images lies from the nearest that was taken.

    Source: T. F. Gonzalez, Clustering to minimize the maximum intercluster distance, Theoretical
    Computer Science 38, 1985; O. Sener, S. Savarese, Active Learning for Convolutional Neural
    Networks: A Core-Set Approach, ICLR 2018. Where to begin is ours.

    >>> farthest_first(np.array([[0.0], [1.0], [4.0]]), 2)[0]
    array([1, 2])
    """
    exact = images.astype(np.float64)
    from_mean = _distances(exact, exact.mean(axis=0))
    taken = [int(from_mean.argmin())]
    apart = [float(from_mean[taken[0]])]
    left = _distances(exact, exact[taken[0]])
    for _ in range(count - 1):
        # What was taken is not taken again, where all that is left are copies.
        reach = left.copy()
        reach[taken] = -1.0
        row = int(reach.argmax())
        apart.append(float(left[row]))
        taken.append(row)
        left = np.minimum(left, _distances(exact, exact[row]))
    return np.array(taken), np.array(apart), left


class BothSides(NamedTuple):
    """What is too far from its class, and what is too near to another image of it."""

    order: Order
    """All rows, the best first."""
    near: Float[np.ndarray, "n"]
    """Distance of each image to the nearest earlier one that is no near-duplicate itself; infinite
    where there is none, and of taken images, which are compared with none."""
    twin: Int[np.ndarray, "n"]
    """Row of that one for near-duplicates, and -1 for all others."""


def both_sides(
    images: Embeddings,
    taken: Bool[np.ndarray, "n"],
    to_natural: Float[np.ndarray, "n"],
    radius: float,
    shuffled: Order,
) -> BothSides:
    """Order: what nothing speaks against, at random; near-duplicates; what another class takes.

    Of the near-duplicates those come first that lie farthest from their twin; of the taken images
    those that lie nearest to their own class. So the least at fault fill up.

    Args:
        images: n embeddings of a class, in the order in which the first of two alike is kept.
        taken: whether another class's natural mean is nearest.
        to_natural: distance to the own one.
        radius: distance up to which an image is a near-duplicate, see `near_radius`.
        shuffled: the random order of all rows, as the control has it.

    Source: that near-duplicates in an embedding's space are dropped: A. Abbas et al., SemDeDup,
    arXiv 2303.09540 (2023). The yardstick, and the order, are ours.
    """
    exact = images.astype(np.float64)
    near = np.full(len(exact), np.inf)
    twin = np.full(len(exact), -1)
    good: list[int] = []
    for row in np.flatnonzero(~taken):
        if good:
            found = _distances(exact[good], exact[row])
            place = int(found.argmin())
            near[row] = found[place]
            if near[row] <= max(radius, TIE):
                twin[row] = good[place]
                continue
        good.append(int(row))
    chance = shuffled[np.isin(shuffled, good)]
    twins = np.flatnonzero(twin >= 0)
    others = np.flatnonzero(taken)
    order = np.concatenate(
        [chance, twins[highest_first(near[twins])], others[highest_first(-to_natural[others])]]
    )
    return BothSides(order.astype(np.int64), near, twin)


def near_radius(natural: Embeddings) -> float:
    """Distance that `NEAR` of a class's natural images have to their nearest other one, or less.

    One image alone has no other: then copies alone are near-duplicates.
    """
    if len(natural) < 2:
        return 0.0
    apart = nearest(natural, natural, 1, leave_out_self=True).distances[:, 0]
    return float(np.quantile(apart, NEAR))


def _distances(
    points: Float[np.ndarray, "n d"], point: Float[np.ndarray, "d"]
) -> Float[np.ndarray, "n"]:
    """Euclidean. Not by a matrix product, whose rounding could set equal images apart."""
    found: Float[np.ndarray, "n"] = np.sqrt(np.sum((points - point) ** 2, axis=1))
    return found
