"""Centroid shift: how far the mean of a source's images lies from that of the natural ones."""

import numpy as np
from jaxtyping import Float

from synthgap.measures.intervals.estimates import Estimate
from synthgap.measures.intervals.samples import ClassSample
from synthgap.measures.measure import Column, Family, Measure
from synthgap.measures.numerics import checks

COLUMNS = {
    "centroid_shift": Column(
        "centroid shift",
        "distance between the means of half of the images and half of the natural "
        "ones, averaged over draws of the halves",
        Family.SHIFT,
    ),
    "centroid_shift_cosine": Column(
        "centroid shift cosine",
        "cosine of the angle between these two means",
        Family.SHIFT,
    ),
    "centroid_shift_baseline": Column(
        "centroid shift baseline",
        "centroid_shift between two disjoint halves of the natural images",
        Family.SHIFT,
        compared=False,
    ),
}


def centroid_shift(
    images: Float[np.ndarray, "n d"], natural: Float[np.ndarray, "m d"]
) -> tuple[float, float]:
    """Distance between two sets' means, and the cosine of the angle between these.

    Means of zero length have no direction: their cosine is 0.

    Two finite samples of one distribution differ too: compare with the natural-vs-natural
    split-half baseline at the same n (`of_class` does).

    Raises:
        InputError: an embedding is not unit, a set is empty, or their dimensions differ.

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
    natural = sample.natural.astype(np.float64)
    first, second = _halves(len(natural), half, sample.draws, rng)
    baseline = _baseline(natural, first, second, half)
    if sample.same:
        cosines = _cosines(first @ natural, second @ natural)
        return _named(baseline, Estimate(float(cosines.mean()), cosines), baseline)
    images = sample.images.astype(np.float64)
    means = _halves(len(images), half, sample.draws, rng)[0] @ images / half
    natural_means = first @ natural / half
    shifts = np.linalg.norm(natural_means - means, axis=1)
    cosines = _cosines(natural_means, means)
    return _named(
        Estimate(float(shifts.mean()), shifts), Estimate(float(cosines.mean()), cosines), baseline
    )


def _baseline(
    natural: Float[np.ndarray, "n d"],
    first: Float[np.ndarray, "draws n"],
    second: Float[np.ndarray, "draws n"],
    half: int,
) -> Estimate:
    """Mean distance between the means of two disjoint halves, over all draws of them.

    The distances of single draws say how far two halves may lie apart, not how well their mean is
    known: it depends on the images' spread alone, and is known far better. Its replicates come
    from its slope along the weight of each image (jackknife), for the same half-samples that move
    the shift.
    """
    signs = first - second
    apart = signs @ natural / half
    n = len(natural)
    distances = np.linalg.norm(apart, axis=1)
    centred = natural - natural.mean(axis=0)
    squares = np.sum(centred**2, axis=1)
    # The mean square over all possible halves is known; it corrects the mean for those drawn.
    square = 2 * squares.sum() / (half * (n - 1))
    value = float(distances.mean())
    if square > 0:
        value -= float((np.mean(distances**2) - square) / (2 * np.sqrt(square)))
    # The slope of E‖v‖ along an image's part cc' of v's covariance is E[(1 - (cu)²)/‖v‖]/2, with
    # u = v/‖v‖, for a v that is normal, as a difference of means about is.
    inverse = np.divide(1, distances, out=np.zeros_like(distances), where=distances > 0)
    along = (apart * inverse[:, None]) @ centred.T
    slopes = (squares * inverse.mean() - inverse @ along**2 / len(apart)) / (half * (n - 1))
    # Leaving an image out moves the mean as well, and so by n/(n - 1) more than the slope says.
    slopes *= n / (n - 1)
    return Estimate(value, value + signs @ slopes)


def _halves(
    n: int, half: int, draws: int, rng: np.random.Generator
) -> tuple[Float[np.ndarray, "draws n"], Float[np.ndarray, "draws n"]]:
    """Two disjoint random sets of `half` of n images in each draw: 1 for what is in the set."""
    ranks = rng.random((draws, n)).argsort(axis=1)
    return (ranks < half).astype(float), ((half <= ranks) & (ranks < 2 * half)).astype(float)


def _cosines(
    one: Float[np.ndarray, "draws d"], other: Float[np.ndarray, "draws d"]
) -> Float[np.ndarray, "draws"]:
    norms = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosines: Float[np.ndarray, "draws"] = np.sum(one * other, axis=1) / np.where(
        norms > 0, norms, 1
    )
    return cosines


def _named(*estimates: Estimate) -> dict[str, Estimate]:
    return dict(zip(COLUMNS, estimates, strict=True))


MEASURE = Measure(COLUMNS, of_class)
