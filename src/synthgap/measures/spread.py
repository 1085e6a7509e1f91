"""Centroid distance: how far the images of a class lie from their mean (diversity)."""

import numpy as np
from jaxtyping import Float

from synthgap.measures.intervals.estimates import Estimate, bootstrap_counts, bootstrapped
from synthgap.measures.intervals.samples import ClassSample
from synthgap.measures.measure import Column, Family, Measure
from synthgap.measures.numerics import checks

COLUMNS = {
    "centroid_distance": Column(
        "centroid distance",
        "mean squared distance of unit embeddings from their mean",
        Family.DIVERSITY,
    ),
    "centroid_distance_per_dimension": Column(
        "centroid distance per dimension",
        "centroid_distance divided by the number of dimensions",
        Family.DIVERSITY,
    ),
    "centroid_angle": Column(
        "centroid angle",
        "mean angle between an embedding and the mean of all, in radians",
        Family.DIVERSITY,
    ),
}


def centroid_distance(images: Float[np.ndarray, "n d"]) -> float:
    """Mean squared Euclidean distance of n embeddings from their mean: the covariance's trace.

    Higher means more diverse. It is 1 - ‖mean‖² and lies in [0, 1]. In expectation it is (n - 1)/n
    of the population's value, so compare at equal n.

    Raises:
        InputError: an embedding is not unit, or there is none.

    Source: Marwood, Baluja, Alon, arXiv 2311.00056 (Centroid Distance); the normalisation is our
    reading.

    >>> centroid_distance(np.array([[1.0, 0.0], [-1.0, 0.0]]))
    1.0
    """
    return of_points(checks.embeddings(images))


def of_points(images: Float[np.ndarray, "n d"]) -> float:
    """The same of points of any length."""
    centred = images - images.mean(axis=0)
    return float(np.mean(np.sum(centred**2, axis=1)))


def centroid_angle(images: Float[np.ndarray, "n d"]) -> float:
    """Mean angle in radians between n unit embeddings and their mean; 0 to pi.

    Where the mean is zero it has no direction, and the angle is pi/2.

    Raises:
        InputError: an embedding is not unit, or there is none.

    >>> round(centroid_angle(np.array([[1.0, 0.0], [0.0, 1.0]])), 6) == round(np.pi / 4, 6)
    True
    """
    return _angle(checks.embeddings(images))


def _angle(images: Float[np.ndarray, "n d"]) -> float:
    return float(_angles(images, np.full((1, len(images)), 1 / len(images)))[0])


def of_class(sample: ClassSample) -> dict[str, Estimate]:
    """Centroid distance in its three normalisations, with bootstrap replicates over images."""
    images = sample.images.astype(np.float64)
    n, d = images.shape
    weights = bootstrap_counts(sample.rng("bootstrap"), n, sample.draws) / n
    squares = weights @ np.sum(images**2, axis=1)
    distances = squares - np.sum((weights @ images) ** 2, axis=1)
    value = of_points(images)
    return {
        "centroid_distance": bootstrapped(value, distances, n),
        "centroid_distance_per_dimension": bootstrapped(value / d, distances / d, n),
        "centroid_angle": bootstrapped(_angle(images), _angles(images, weights), n),
    }


def _angles(
    images: Float[np.ndarray, "n d"], weights: Float[np.ndarray, "draws n"]
) -> Float[np.ndarray, "draws"]:
    """Mean angle to the mean, under each row of weights."""
    means = weights @ images
    norms = np.linalg.norm(means, axis=1, keepdims=True)
    directions = np.divide(means, norms, out=np.zeros_like(means), where=norms > 0)
    angles = np.arccos(np.clip(directions @ images.T, -1, 1))
    means_of_angles: Float[np.ndarray, "draws"] = np.sum(weights * angles, axis=1)
    return means_of_angles


MEASURE = Measure(COLUMNS, of_class)
