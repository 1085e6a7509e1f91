"""CMMD: maximum mean discrepancy between two sets of embeddings."""

from math import exp
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from synthgap.measures.intervals.estimates import Estimate
from synthgap.measures.intervals.jackknife import of_class_against_natural, of_pool_against_natural
from synthgap.measures.intervals.samples import ClassSample, PoolSample
from synthgap.measures.measure import Column, Family, Measure
from synthgap.measures.numerics import checks
from synthgap.measures.numerics.blocks import Rows, product

COLUMNS = {
    "cmmd": Column(
        "CMMD",
        "squared maximum mean discrepancy from the natural images (Gaussian kernel of width "
        "10, unbiased), times 1000; around zero for equal distributions",
        Family.DISTANCES,
    ),
}
POOLED_COLUMNS = {
    "pooled_cmmd": Column(
        "pooled CMMD",
        "cmmd of all classes' images together: unbiased, from first and second moments, "
        "pairs within classes corrected for classes of a fixed size",
        Family.DISTANCES,
    ),
}

SIGMA = 10.0
"""Width of the kernel."""

SCALE = 1000.0

LEAST = 3
"""Images that the interval needs: a pair must be left when one is taken out."""

SIDE = 2048
"""Rows and columns of the kernel matrix that are held at once."""


class Means(NamedTuple):
    """Mean kernel value of each image and each natural image with both sets, itself left out.

    Of these the value is made, and what each image contributes to it.
    """

    images: Float[np.ndarray, "n"]
    """Of each image with the other images."""
    natural: Float[np.ndarray, "m"]
    """Of each natural image with the other natural ones."""
    images_across: Float[np.ndarray, "n"]
    """Of each image with the natural images."""
    natural_across: Float[np.ndarray, "m"]
    """Of each natural image with the images."""

    def value(self) -> float:
        """The squared discrepancy, scaled."""
        within = self.images.mean() + self.natural.mean()
        return SCALE * float(within - 2 * self.images_across.mean())

    def without_one_each(self) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "m"]]:
        """By how much the value moves when one image of either side is left out."""
        sides = ((self.images, self.images_across), (self.natural, self.natural_across))
        one, other = (
            2
            * SCALE
            * ((own.mean() - own) / (len(own) - 2) - (across.mean() - across) / (len(own) - 1))
            for own, across in sides
        )
        return one, other


def cmmd(
    images: ArrayLike, natural: ArrayLike, *, biased: bool = False, device: str = "cpu"
) -> float:
    """Squared maximum mean discrepancy with a Gaussian kernel of width 10, times 1000.

    The mean kernel value of pairs within each set, less twice that of pairs across. Pairs of an
    image with itself are left out, so that the value is unbiased at any n and for equal
    distributions scatters around zero, also below it. The authors' implementation keeps these
    pairs: it adds 1/n of the difference between 1 and the mean kernel value, for each set. At
    their n of 30,000 this is nothing, at 50 it can be more than the value.

    Args:
        images: n unit embeddings of d dimensions, n >= 2; perhaps a memory map.
        natural: m unit embeddings of d dimensions, m >= 2.
        biased: keep the pairs of an image with itself, to compare with published values.
        device: "cpu", or "cuda" for the matrix products.

    Raises:
        InputError: fewer than two embeddings, one that is not unit, or different dimensions.

    Source: S. Jayasumana et al.: Rethinking FID, CVPR 2024; the two estimators: A. Gretton et al.,
    JMLR 13, 2012, equations 3 (unbiased) and 5.

    >>> round(cmmd([[1.0], [1.0]], [[-1.0], [-1.0]]), 3)
    39.603
    """
    one, other = checks.pair_of_rows(images, natural, least=2)
    return of_points(one, other, biased, device)


def of_points(
    one: Float[np.ndarray, "n d"],
    other: Float[np.ndarray, "m d"],
    biased: bool = False,
    device: str = "cpu",
) -> float:
    """The same of points of any length."""
    x, y = Rows(one, "images"), Rows(other, "natural")
    n, m = x.n, y.n
    within = [_kernel_sums(rows, rows, device).sum() for rows in (x, y)]
    pairs = [n * n, m * m]
    if not biased:
        within, pairs = [within[0] - n, within[1] - m], [n * n - n, m * m - m]
    across = _kernel_sums(x, y, device).sum() / (n * m)
    return SCALE * float(within[0] / pairs[0] + within[1] / pairs[1] - 2 * across)


def _kernel_sums(one: Rows, other: Rows, device: str = "cpu") -> Float[np.ndarray, "n"]:
    """Sum of the kernel values of each row of `one` with all of `other`."""
    sums = []
    for a in one.blocks(SIDE):
        of_block = np.zeros(len(a))
        for b in other.blocks(SIDE):
            of_block += _kernel(a, b, device).sum(axis=1)
        sums.append(of_block)
    return np.concatenate(sums)


def _kernel(
    a: Float[np.ndarray, "n d"], b: Float[np.ndarray, "m d"], device: str
) -> Float[np.ndarray, "n m"]:
    squares = np.sum(a**2, axis=1)[:, None] + np.sum(b**2, axis=1)
    distances = (squares - 2 * product(a, b.T, device)).clip(min=0)
    values: Float[np.ndarray, "n m"] = np.exp(distances / (-2 * SIGMA**2))
    return values


def of_pairs(images: Float[np.ndarray, "n d"], natural: Float[np.ndarray, "m d"]) -> Means:
    """Take the means over all pairs; n and m are at least 2."""
    x, y = Rows(images, "images"), Rows(natural, "natural")
    return Means(
        (_kernel_sums(x, x) - 1) / (x.n - 1),
        (_kernel_sums(y, y) - 1) / (y.n - 1),
        _kernel_sums(x, y) / y.n,
        _kernel_sums(y, x) / x.n,
    )


def of_moments(
    images: Float[np.ndarray, "n d"],
    labels: Int[np.ndarray, "n"],
    natural: Float[np.ndarray, "m d"],
    natural_labels: Int[np.ndarray, "m"],
    device: str = "cpu",
) -> Means:
    """Take the means over all pairs of unit embeddings of several classes, from moments.

    Between unit embeddings the kernel is exp(c(x·y - 1)) with c = 1/SIGMA², 0.01, and its series in
    c can end after the second power: the mean over y of (x·y)² is xᵀSx, with S the mean of yyᵀ. So
    the cost grows with n, not with its square. What is left out, the third moments and above, is at
    most 4 SCALE (c³/6 + c⁴/24 + ...): 0.00067 in the unit of the value, however large that is, and
    never less than none.

    In a set of equal classes each image meets fewer of its own class than in a random sample, since
    it does not meet itself. Its own term is therefore replaced by its mean over the rest of its
    class, which makes the value unbiased for classes that are sampled at a fixed size.

    Args:
        images: n unit embeddings.
        labels: their class numbers, ascending; at least two images each.
        natural: m unit embeddings.
        natural_labels: theirs.
        device: "cpu", or "cuda" for the matrix products.
    """
    x, y = Rows(images, "images"), Rows(natural, "natural")
    of_x, of_y = ((rows.mean(), rows.scatter(device) / rows.n) for rows in (x, y))
    c = SIGMA**-2
    itself = exp(-c) * (1 + c + c * c / 2)
    return Means(
        _series(x, *of_x, device) + (_within_classes(x, labels, device) - itself) / x.n,
        _series(y, *of_y, device) + (_within_classes(y, natural_labels, device) - itself) / y.n,
        _series(x, *of_y, device),
        _series(y, *of_x, device),
    )


def _within_classes(
    rows: Rows, labels: Int[np.ndarray, "n"], device: str
) -> Float[np.ndarray, "n"]:
    """Mean kernel value of each row with the others of its class."""
    classes = np.split(rows.images, np.flatnonzero(np.diff(labels)) + 1)
    return np.concatenate(
        [
            (_kernel_sums(of_class, of_class, device) - 1) / (of_class.n - 1)
            for of_class in (Rows(part, rows.what) for part in classes)
        ]
    )


def _series(
    rows: Rows, mean: Float[np.ndarray, "d"], second: Float[np.ndarray, "d d"], device: str
) -> Float[np.ndarray, "n"]:
    """Mean kernel value of each row with a set, from the set's moments."""
    c = SIGMA**-2
    return np.concatenate(
        [
            exp(-c)
            * (
                1
                + c * block @ mean
                + c * c / 2 * np.sum(product(block, second, device) * block, axis=1)
            )
            for block in rows.blocks()
        ]
    )


def of_class(sample: ClassSample) -> dict[str, Estimate]:
    """CMMD of a class; its interval by leaving out one image of either side."""
    if sample.same or min(len(sample.images), len(sample.natural)) < LEAST:
        return {}
    means = of_pairs(sample.images, sample.natural)
    return {"cmmd": of_class_against_natural(means.value(), *means.without_one_each(), sample)}


def of_pool(sample: PoolSample) -> dict[str, Estimate]:
    """CMMD of all images together, by moments; images are resampled within classes."""
    labels, natural_labels = sample.labels, sample.natural_labels
    fewest = min(np.bincount(labels).min(), np.bincount(natural_labels).min())
    if sample.same or fewest < 2 or min(len(labels), len(natural_labels)) < LEAST:
        return {}
    means = of_moments(sample.images, labels, sample.natural, natural_labels, sample.device)
    changes = means.without_one_each()
    return {"pooled_cmmd": of_pool_against_natural(means.value(), *changes, sample)}


MEASURE = Measure(COLUMNS, of_class)
POOLED_MEASURE = Measure(POOLED_COLUMNS, of_pool)
