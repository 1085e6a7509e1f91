"""Does a hyperplane tell all prompts from all images of a sample, and would one tell anything?

In a space of d dimensions, d + 1 points or fewer in general position are separable however they are
parted into two groups. That prompts and images are says nothing then; groups by chance show it.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from synthgap import seeds
from synthgap.measures.intervals.estimates import Single, wilson
from synthgap.measures.measure import Column, Family
from synthgap.measures.numerics.hyperplanes import between

PARTITIONS = 20
"""Random ones. Mostly all of them are separable or none is, which so many show."""

COLUMNS = {
    "separable_in_sample": Column(
        "separable in sample",
        "1 if some hyperplane tells all prompts of the sample from all its images, else 0; says "
        "nothing where random labels are separable too",
        Family.PROMPTS,
        compared=False,
    ),
    "hard_margin": Column(
        "hard margin",
        "distance of the nearest embeddings of the sample from the widest such hyperplane: half "
        "the distance between the convex hulls of prompts and images; empty where there is none",
        Family.PROMPTS,
        compared=False,
    ),
    "random_labels_separable": Column(
        "random labels separable",
        f"share of {PARTITIONS} random partitions of the same embeddings into two groups of the "
        "same sizes that some hyperplane tells apart; near 1, separable in sample says nothing",
        Family.PROMPTS,
        compared=False,
    ),
}


class InSample(NamedTuple):
    """What hyperplanes make of two groups of points, none of them held out."""

    margin: float | None
    """Of the widest hyperplane between the groups; None if there is none."""
    random: int
    """Random partitions that are separable."""


def in_sample(
    images: Float[np.ndarray, "n d"], prompts: Float[np.ndarray, "p d"], partitions: int
) -> InSample:
    """Look for a hyperplane between images and prompts, and between random groups of both.

    Points that coincide, such as prompts of equal text, count as one: on both sides of a random
    partition they would decide it.

    Args:
        images: points of any length, one or more.
        prompts: likewise.
        partitions: how many random ones, into groups as large as those of the distinct points.

    Source: that random labels show what a sample of that size can tell: T. M. Cover, Geometrical
    and Statistical Properties of Systems of Linear Inequalities, IEEE Transactions on Electronic
    Computers 14, 1965. To take groups of the same sizes is ours.

    >>> margin, random = in_sample(np.eye(3)[:2], -np.eye(3)[2:], 10)
    >>> round(margin, 6), random
    (0.612372, 10)
    """
    one, other = np.unique(images, axis=0), np.unique(prompts, axis=0)
    found = between(one, other)
    points = np.concatenate([one, other])
    rng = seeds.generator("random partitions", len(points))
    separable = 0
    for _ in range(partitions):
        order = rng.permutation(len(points))
        first, second = points[order[: len(one)]], points[order[len(one) :]]
        separable += between(first, second, any_will_do=True) is not None
    return InSample(found.margin if found else None, separable)


def of_points(
    images: Float[np.ndarray, "n d"], prompts: Float[np.ndarray, "p d"]
) -> dict[str, Single]:
    """The columns; without a margin where there is no hyperplane.

    The first two are facts about the sample and have no interval. The share's is Wilson's: over
    partitions, not over samples.
    """
    found = in_sample(images, prompts, PARTITIONS)
    return {
        "separable_in_sample": Single(float(found.margin is not None)),
        **({} if found.margin is None else {"hard_margin": Single(found.margin)}),
        "random_labels_separable": Single(
            found.random / PARTITIONS, wilson(found.random, PARTITIONS)
        ),
    }
