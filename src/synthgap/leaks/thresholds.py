"""How alike is too alike: found from natural images, which are no copies of each other.

An image is a near-duplicate of its nearest natural-train image if that one is nearer, measured by
the image's distance to its tenth nearest, than it is for nearly all natural-train images, and if
their perceptual hashes agree better than those of nearly all pairs of natural images of a class.
Either alone errs: encoders bring together what means the same, and hashes what has the same coarse
layout. A distance beside those of other neighbours, as N. Carlini et al. use (Extracting Training
Data from Diffusion Models, arXiv 2301.13188), is the same in dense regions and in sparse ones: by
the distance itself a few plain pictures would set the threshold for all.

Thresholds are strict, so that ties never let more natural images pass than the stated share.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from synthgap.leaks.perceptual_hash import BITS

NEAREST_SHARE = 0.05
"""Share of natural-train images that may be nearer to their nearest one than the threshold. Not
smaller, since some per cent of the images of known sets have a twin there, as 3 % of CIFAR-10's
test images in its training images (Barz and Denzler, arXiv 1902.00423); so these decide nothing."""

PAIR_SHARE = 0.001
"""Share of pairs of natural images of a class whose hashes may agree better than the threshold.
Among all pairs twins are rare."""

MOST_BITS = BITS // 4
"""Hashes of near-duplicates differ in fewer bits, whatever natural images show. Of pairs
of random bits one in 82,000 is as near. It counts where few pairs are known."""


NEIGHBOURS = 10
"""The nearest natural image is measured by the distance to this one; more than there are twins."""


class Thresholds(NamedTuple):
    """What near-duplicates must fall below in both ways."""

    ratio: float
    """Of the distances to the nearest and tenth nearest natural image; theirs is lower."""
    bits: int
    """Bits in which hashes differ; theirs are fewer."""


def highest_ratio(ratios: Float[np.ndarray, "n"]) -> float:
    """Find the ratio that at most `NEAREST_SHARE` of natural images stay below.

    >>> highest_ratio(np.array([0.9, 0.8, 0.7]))
    0.7

    Args:
        ratios: of each natural-train image, one at least.
    """
    return float(np.sort(ratios)[int(NEAREST_SHARE * len(ratios))])


def most_bits(pairs: Int[np.ndarray, "n"]) -> int:
    """Find the distance that at most `PAIR_SHARE` of natural pairs stay below.

    >>> most_bits(np.array([12, 30, 33])), most_bits(np.array([28, 30]))
    (12, 16)

    Args:
        pairs: of pairs of natural images of a class the bits in which their hashes differ.
    """
    if not len(pairs):
        return MOST_BITS
    return min(MOST_BITS, int(np.sort(pairs)[int(PAIR_SHARE * len(pairs))]))


def alike(
    ratios: Float[np.ndarray, "n"], bits: Int[np.ndarray, "n"], thresholds: Thresholds
) -> Bool[np.ndarray, "n"]:
    """Judge which images are near-duplicates of the natural image beside them."""
    found: Bool[np.ndarray, "n"] = (ratios < thresholds.ratio) & (bits < thresholds.bits)
    return found
