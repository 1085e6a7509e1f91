"""Eigenvalues of second moments in single precision, where that is as good as double."""

import numpy as np
from jaxtyping import Float, Float32

ROWS_AT_ONCE = 10_000
"""Summed up in single precision; what was summed is added up in double."""

LEAST_SHARE = 1e-5
"""Of the largest eigenvalue, that the smallest must have. Rounding moves each by some 3e-7 of it at
most: one that is far above that keeps its logarithm, and of many the errors cancel."""


def eigenvalues(images: Float32[np.ndarray, "n d"]) -> Float[np.ndarray, "d"] | None:
    """The eigenvalues of XᵀX/n, X the images at exactly unit length; their sum is 1.

    Args:
        images: n unit embeddings of d dimensions, perhaps a memory map.

    Returns:
        None where single precision does not tell the smallest from nothing, as it cannot where the
        images lie in fewer than d dimensions, or nearly so.
    """
    from scipy.linalg import eigvalsh

    n = len(images)
    moments = _product(images[:ROWS_AT_ONCE])
    for start in range(ROWS_AT_ONCE, n, ROWS_AT_ONCE):
        moments = moments.astype(np.float64, copy=False)
        moments += _product(images[start : start + ROWS_AT_ONCE])
    shares = (moments / n).astype(np.float32, copy=False)
    found = eigvalsh(shares, check_finite=False, overwrite_a=True).astype(np.float64)
    if found[0] < LEAST_SHARE * found[-1]:
        return None
    return np.asarray(found / found.sum())


def _product(images: Float32[np.ndarray, "n d"]) -> Float32[np.ndarray, "d d"]:
    block = np.asarray(images)
    scaled = block * (1 / np.sqrt(np.einsum("ij,ij->i", block, block)))[:, None]
    product: Float32[np.ndarray, "d d"] = scaled.T @ scaled
    return product
