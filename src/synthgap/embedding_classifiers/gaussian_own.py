"""Gaussian classes with covariances of their own: regularised quadratic discriminant analysis."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from synthgap.embedding_classifiers.training_set import (
    Classifier,
    Fitted,
    Scores,
    TrainingSet,
    squared_distances,
    starts_of,
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
    """Scaled: a step of one along a direction costs that much less than across, squared."""
    log_determinant: float
    shrinkage: float


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
    variances, axes = _principal_axes(images - mean)
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
        axes * np.sqrt(along / (least * (least + along))),
        float(np.sum(np.log(least + along)) + (d - len(along)) * np.log(least)),
        shrinkage,
    )


def _principal_axes(
    centred: Float[np.ndarray, "n d"],
) -> tuple[Float[np.ndarray, "r"], Float[np.ndarray, "d r"]]:
    """Variances and unit directions of the axes along which there is any, or one of none."""
    n, d = centred.shape
    few = n < d
    # The smaller of the two products has the same eigenvalues, but for zeros.
    squares, axes = np.linalg.eigh(centred @ centred.T if few else centred.T @ centred)
    some = squares > squares[-1] * max(n, d) * np.finfo(float).eps
    if not some.any():
        return np.zeros(1), np.zeros((d, 1))
    squares, axes = squares[some], axes[:, some]
    return squares / n, centred.T @ axes / np.sqrt(squares) if few else axes


def log_densities(gaussians: Sequence[ShrunkGaussian]) -> Scores:
    """Make the function that gives the logarithm of each Gaussian's density at each query."""
    means = np.stack([gaussian.mean for gaussian in gaussians])
    least = np.array([gaussian.least for gaussian in gaussians])
    # Side by side, so that one matrix product serves all classes.
    directions = np.concatenate([gaussian.directions for gaussian in gaussians], axis=1)
    along_means = np.concatenate([gaussian.mean @ gaussian.directions for gaussian in gaussians])
    counts = [gaussian.directions.shape[1] for gaussian in gaussians]
    starts = starts_of(counts)
    offsets = np.array([gaussian.log_determinant for gaussian in gaussians])
    offsets += means.shape[1] * np.log(2 * np.pi)

    def scores(queries: Float[np.ndarray, "q d"]) -> Float[np.ndarray, "q classes"]:
        distances = squared_distances(queries, means) / least
        saved = (queries @ directions - along_means) ** 2
        distances -= np.add.reduceat(saved, starts, axis=1)
        densities: Float[np.ndarray, "q classes"] = -0.5 * (distances + offsets)
        return densities

    return scores


def fit(training: TrainingSet) -> Fitted:
    """Estimate a Gaussian for each class; the score is the log-density.

    Classes are taken as equally frequent.

    Source: J. H. Friedman, Journal of the American Statistical Association 84 (1989), for the
    classifier; `shrunk_gaussian` for the covariances.
    """
    floor = variance_floor(training)
    gaussians = [shrunk_gaussian(images, floor) for images in training.by_class()]
    median = np.median([gaussian.shrinkage for gaussian in gaussians])
    return Fitted(log_densities(gaussians), f"shrinkage {median:.2g} (median)")


CLASSIFIER = Classifier(
    "gaussian_own",
    "Gaussian with own covariance",
    "quadratic discriminant analysis with shrunk covariances (OAS)",
    fit,
)
