"""Intervals of statistics that are dear to compute again: by leaving out one image each.

The change that a statistic makes when one image is left out says how much that image weighs in it.
Resampled images move it, to first order, by the sum of their weights, so that a thousand replicates
cost one matrix product. Their variance is the jackknife's: (n - 1)/n times the sum of the squared
deviations of these changes (B. Efron, R. Tibshirani: An Introduction to the Bootstrap, 1993,
chapters 11 and 20).
"""

import numpy as np
from jaxtyping import Float, Int

from synthgap.measures.intervals.estimates import Estimate, bootstrap_counts
from synthgap.measures.intervals.samples import ClassSample, PoolSample

IMAGES, NATURAL = "bootstrap", "bootstrap of natural-train"
"""What draws of the two sides are for. They are independent of each other, and each is the same in
every source, so that differences between sources are paired."""


def replicates(
    changes: Float[np.ndarray, "n"], counts: Int[np.ndarray, "draws n"]
) -> Float[np.ndarray, "draws"]:
    """By how much a statistic moves in each draw.

    Args:
        changes: by how much it moves when one image is left out, for each image.
        counts: how often each image is in each draw.

    >>> replicates(np.array([1.0, -1.0]), np.array([[1, 1], [2, 0]])).round(3) + 0.0
    array([ 0.   , -1.414])
    """
    n = len(changes)
    moved: Float[np.ndarray, "draws"] = -np.sqrt((n - 1) / n) * (
        counts @ (changes - changes.mean())
    )
    return moved


def replicates_within_classes(
    changes: Float[np.ndarray, "N"],
    labels: Int[np.ndarray, "N"],
    rng: np.random.Generator,
    draws: int,
) -> Float[np.ndarray, "draws"]:
    """By how much a statistic of all classes moves when images are resampled within each class.

    What an image weighs beyond its class's mean weight counts, as classes keep their size. The
    variance is that of a stratified sample: of each class (n - 1)/n times the sum of the squared
    changes if one of its own n images were left out and the others took its place.

    Args:
        changes: by how much it moves when one of all images is left out, for each image.
        labels: class number of each image, ascending.
        rng: for the draws; the same ones where every class has as many images.
        draws: how many.
    """
    moved = np.zeros(draws)
    share = (len(changes) - 1) / len(changes)
    for of_class in np.split(changes, np.flatnonzero(np.diff(labels)) + 1):
        n = len(of_class)
        centred = of_class - of_class.mean()
        # Indices, not counts: a multinomial draw of a thousand images takes twice as long.
        sums = centred[rng.integers(n, size=(draws, n))].sum(axis=1)
        moved -= share * np.sqrt(n / max(1, n - 1)) * sums
    return moved


def of_class_against_natural(
    value: float,
    images: Float[np.ndarray, "n"],
    natural: Float[np.ndarray, "m"],
    sample: ClassSample,
) -> Estimate:
    """Give a two-sample statistic of a class its replicates, both sides resampled.

    Args:
        value: the statistic.
        images: by how much it moves when one image is left out, for each image.
        natural: the same for each natural image.
        sample: the class.
    """
    moved = np.zeros(sample.draws)
    for changes, purpose in ((images, IMAGES), (natural, NATURAL)):
        counts = bootstrap_counts(sample.rng(purpose), len(changes), sample.draws)
        moved += replicates(changes, counts)
    return Estimate(value, value + moved)


def of_pool_against_natural(
    value: float,
    images: Float[np.ndarray, "N"],
    natural: Float[np.ndarray, "M"],
    sample: PoolSample,
) -> Estimate:
    """Give a two-sample statistic of all classes its replicates, both sides resampled within them.

    The arguments are those of `of_class_against_natural`.
    """
    moved = np.zeros(sample.draws)
    for changes, labels, purpose in (
        (images, sample.labels, IMAGES),
        (natural, sample.natural_labels, NATURAL),
    ):
        moved += replicates_within_classes(changes, labels, sample.rng(purpose), sample.draws)
    return Estimate(value, value + moved)
