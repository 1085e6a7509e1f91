"""Centroid shift: how far the mean of a source's images lies from that of the natural ones."""

import numpy as np
from jaxtyping import Float

from synthgap.measures import checks
from synthgap.measures.estimates import Estimate
from synthgap.measures.samples import ClassSample

COLUMNS = {
    "centroid_shift": "distance between the means of half of the images and half of the natural "
    "ones, averaged over draws of the halves",
    "centroid_shift_cosine": "cosine of the angle between these two means",
    "centroid_shift_baseline": "centroid_shift between two disjoint halves of the natural images",
}


def centroid_shift(
    images: Float[np.ndarray, "n d"], natural: Float[np.ndarray, "m d"]
) -> tuple[float, float]:
    """Distance between two sets' means, and the cosine of the angle between these.

    Two finite samples of one distribution differ too: compare with the natural-vs-natural
    split-half baseline at the same n (`of_class` does).

    Raises:
        InputError: an embedding is not finite, a set is empty, or their dimensions differ.

    Source: Marwood, Baluja, Alon, arXiv 2311.00056 (centroid-shift); the baseline is ours.

    >>> centroid_shift(np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]))
    (1.4142135623730951, 0.0)
    """
    one, other = checks.pair(images, natural)
    a, b = one.mean(axis=0), other.mean(axis=0)
    norms = np.linalg.norm(a) * np.linalg.norm(b)
    return float(np.linalg.norm(a - b)), float(a @ b / norms) if norms > 0 else 0.0


def of_class(sample: ClassSample) -> dict[str, Estimate]:
    """Centroid shift and its baseline at the same n: half of the natural images.

    Each draw takes a random half of the source's images and a random half of the natural ones.
    A mean over such halves has the variance that the mean of all images has, so the draws are at
    once the estimate and its replicates (half-sampling: P. J. McCarthy, 1969).

    For natural-train as the source, shift and baseline are the same thing.

    Raises:
        ValueError: fewer than two images.
    """
    half = min(len(sample.images), len(sample.natural)) // 2
    if half == 0:
        raise ValueError(f"class {sample.class_id}: centroid shift needs at least two images")
    rng = sample.rng("half-sampling")
    # Natural halves are drawn first, so that they are the same for every source.
    first, second = _half_means(sample.natural, half, sample.draws, rng)
    baseline = np.linalg.norm(first - second, axis=1)
    means = second if sample.same else _half_means(sample.images, half, sample.draws, rng)[0]
    shifts = np.linalg.norm(first - means, axis=1)
    norms = np.linalg.norm(first, axis=1) * np.linalg.norm(means, axis=1)
    cosines = np.sum(first * means, axis=1) / np.where(norms > 0, norms, 1)
    return {
        name: Estimate(float(draws.mean()), draws)
        for name, draws in zip(COLUMNS, (shifts, cosines, baseline), strict=True)
    }


def _half_means(
    images: Float[np.ndarray, "n d"], half: int, draws: int, rng: np.random.Generator
) -> tuple[Float[np.ndarray, "draws d"], Float[np.ndarray, "draws d"]]:
    """Means of two disjoint random sets of `half` images, in each draw."""
    ranks = rng.random((draws, len(images))).argsort(axis=1)
    exact = images.astype(np.float64)
    return (ranks < half) @ exact / half, ((half <= ranks) & (ranks < 2 * half)) @ exact / half
