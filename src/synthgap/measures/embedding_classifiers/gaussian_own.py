"""Gaussian classes with covariances of their own: regularised quadratic discriminant analysis."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from synthgap.measures.embedding_classifiers.training_set import (
    Classifier,
    Fitted,
    TrainingSet,
    variance_floor,
)


class ShrunkGaussian(NamedTuple):
    """A Gaussian whose covariance is a multiple of identity plus a few directions.

    n images span at most n - 1 directions, so it takes n × d numbers instead of d × d.
    """

    mean: Float[np.ndarray, "d"]
    least: float
    """Variance across the directions."""
    directions: Float[np.ndarray, "d r"]
    """Scaled: the squared distance that a unit step saves for lying along a direction."""
    log_determinant: float
    shrinkage: float

    def log_density(self, queries: Float[np.ndarray, "q d"]) -> Float[np.ndarray, "q"]:
        """Logarithm of the density at each query."""
        centred = queries - self.mean
        distances = np.sum(centred**2, axis=1) / self.least
        distances -= np.sum((centred @ self.directions) ** 2, axis=1)
        d = queries.shape[1]
        found: Float[np.ndarray, "q"] = -0.5 * (
            distances + self.log_determinant + d * np.log(2 * np.pi)
        )
        return found


def shrunk_gaussian(images: Float[np.ndarray, "n d"], floor: float) -> ShrunkGaussian:
    """Estimate a Gaussian by oracle approximating shrinkage of its covariance towards identity.

    Args:
        images: n points of d dimensions.
        floor: what is added to every variance.

    Source: Y. Chen, A. Wiesel, Y. Eldar, A. Hero, IEEE Transactions on Signal Processing 58 (2010).
    It is kept where n is small: the shrinkage of Ledoit and Wolf vanishes for n = 2, and the
    covariance with it.

    >>> round(shrunk_gaussian(np.array([[1.0, 0.0], [-1.0, 0.0]]), 0.0).shrinkage, 12)
    1.0
    """
    n, d = images.shape
    mean = images.mean(axis=0)
    _, roots, axes = np.linalg.svd(images - mean, full_matrices=False)
    variances = roots**2 / n
    mean_variance, mean_square = variances.sum() / d, np.sum(variances**2) / d**2
    spread = (n + 1) * (mean_square - mean_variance**2 / d)
    shrinkage = 1.0
    if spread > 0:
        shrinkage = float(min(1.0, (mean_square + mean_variance**2) / spread))
    least = float(shrinkage * mean_variance + floor)
    along = (1 - shrinkage) * variances
    return ShrunkGaussian(
        mean,
        least,
        axes.T * np.sqrt(along / (least * (least + along))),
        float(np.sum(np.log(least + along)) + (d - len(along)) * np.log(least)),
        shrinkage,
    )


def fit(training: TrainingSet) -> Fitted:
    """Estimate a Gaussian for each class; the score is the log-density.

    Classes are taken as equally frequent.

    Source: J. H. Friedman, Journal of the American Statistical Association 84 (1989), for the
    classifier; `shrunk_gaussian` for the covariances.
    """
    floor = variance_floor(training)
    gaussians = [shrunk_gaussian(images, floor) for images in training.by_class()]

    def scores(queries: Float[np.ndarray, "q d"]) -> Float[np.ndarray, "q classes"]:
        return np.stack([gaussian.log_density(queries) for gaussian in gaussians], axis=1)

    median = np.median([gaussian.shrinkage for gaussian in gaussians])
    return Fitted(scores, f"shrinkage {median:.2g} (median)")


CLASSIFIER = Classifier(
    "gaussian_own",
    "Gaussian, own covariances",
    "quadratic discriminant analysis with shrunk covariances (OAS)",
    fit,
)
