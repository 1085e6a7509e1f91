"""What a caption can say of a scan beside its class: stroke weight, slant and width.

Each is measured on the scan and cut at the terciles of its class, so that every word fits a third
of the scans of every class: a nine `leaning right` leans further right than two thirds of the
nines. Height is none of them, since all scans fill their height.
"""

from typing import NamedTuple

import numpy as np

WEIGHTS = ("thin", "medium", "bold")
"""Words for little to much ink."""

SLANTS = ("leaning left", "upright", "leaning right")
"""Words for where the top of the strokes leans to."""

WIDTHS = ("narrow", "regular", "wide")
"""Words for how far the ink reaches to both sides."""

WORDS = (WEIGHTS, SLANTS, WIDTHS)
"""The words of each attribute, in the order in which a caption says them."""


class Measured(NamedTuple):
    """The attributes of one scan as numbers."""

    weight: float
    """Mean ink in 0..1."""

    slant: float
    """Pixels that the strokes go to the right for each pixel that they go up."""

    width: float
    """Standard deviation of the ink's horizontal position in pixels, slant taken off."""


def measure(ink: np.ndarray) -> Measured:
    """Measure one scan of h×w values in 0 (paper) .. 1 (ink).

    >>> measure(np.eye(3)[::-1]).slant  # a stroke from the lower left to the upper right
    1.0

    Raises ValueError for a scan without ink.
    """
    total = ink.sum()
    if total <= 0:
        raise ValueError("a scan without ink has neither slant nor width")
    up, right = np.mgrid[: ink.shape[0], : ink.shape[1]].astype(float)
    up = -up
    up -= (ink * up).sum() / total
    right -= (ink * right).sum() / total
    rise = (ink * up**2).sum() / total
    slant = (ink * up * right).sum() / total / rise if rise > 0 else 0.0
    width = np.sqrt((ink * (right - slant * up) ** 2).sum() / total)
    return Measured(float(ink.mean()), float(slant), float(width))


def rank(measured: np.ndarray, digits: np.ndarray) -> np.ndarray:
    """Turn n×3 measured attributes into words: int64, n×3, each an index into its `WORDS`.

    `digits` (n) are the classes, each of which is cut at its own terciles.
    """
    words = np.empty(measured.shape, dtype=np.int64)
    for digit in np.unique(digits):
        of_class = digits == digit
        cuts = np.quantile(measured[of_class], [1 / 3, 2 / 3], axis=0)
        words[of_class] = (measured[of_class] > cuts[0]).astype(int) + (
            measured[of_class] > cuts[1]
        )
    return words


def describe(pixels: np.ndarray, digits: np.ndarray) -> np.ndarray:
    """Measure n scans (uint8, n×h×w×3) and return their words as `rank` does."""
    ink = pixels.mean(axis=-1) / 255
    return rank(np.array([measure(scan) for scan in ink]), digits)
