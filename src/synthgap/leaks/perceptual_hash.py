"""A perceptual hash: 64 bits that stay as they are when a picture is scaled, saved anew or dimmed.

The picture in grey, scaled to 32 × 32 pixels by Lanczos' filter, goes through a discrete cosine
transform (type II, not normalised); of its 8 × 8 lowest frequencies each gives a bit, whether it is
above their median. This is `phash` of the library imagehash with its default settings; the idea is
that of C. Zauner (Implementation and Benchmarking of Perceptual Image Hash Functions, 2010).
"""

import numpy as np
from jaxtyping import Bool, Int
from PIL import Image
from scipy.fft import dctn

SIDE = 8
"""Frequencies along each axis; their product is the number of bits."""

SCALED = 4 * SIDE
"""Side of the picture that is transformed, in pixels."""

BITS = SIDE**2


def perceptual_hash(picture: Image.Image) -> Bool[np.ndarray, "64"]:
    """Hash a picture.

    >>> picture = Image.effect_mandelbrot((256, 256), (-2, -1.5, 1, 1.5), 100)
    >>> smaller = picture.resize((90, 90))
    >>> int(distances(perceptual_hash(picture)[None], perceptual_hash(smaller)[None])[0]) < 4
    True
    """
    grey = picture.convert("L").resize((SCALED, SCALED), Image.Resampling.LANCZOS)
    lowest = dctn(np.asarray(grey, np.float64), type=2)[:SIDE, :SIDE].ravel()
    bits: Bool[np.ndarray, "64"] = lowest > np.median(lowest)
    return bits


def distances(
    ones: Bool[np.ndarray, "n 64"], others: Bool[np.ndarray, "n 64"]
) -> Int[np.ndarray, "n"]:
    """Count the bits in which hashes differ, pair by pair: 0 to 64, often some 32."""
    counted: Int[np.ndarray, "n"] = np.sum(ones != others, axis=1)
    return counted
