"""Gaussian classes with one covariance: linear discriminant analysis."""

import numpy as np
from jaxtyping import Float

from synthgap.embedding_classifiers.training_set import (
    Classifier,
    Fitted,
    TrainingSet,
    variance_floor,
)
from synthgap.measures.nearest_centroid import centroids


def fit(training: TrainingSet) -> Fitted:
    """Estimate class means and the covariance around them, shrunk towards a multiple of identity.

    The score is the log-density, but for what is the same in all classes; classes are taken as
    equally frequent.

    Source: O. Ledoit, M. Wolf, Journal of Multivariate Analysis 88 (2004), for the shrinkage;
    C. R. Rao, Journal of the Royal Statistical Society B 10 (1948), for the classifier.
    """
    from scipy.linalg import cho_factor, cho_solve
    from sklearn.covariance import ledoit_wolf

    means = centroids(training.images, training.labels, len(training.counts))
    covariance, shrinkage = ledoit_wolf(
        training.images - means[training.labels], assume_centered=True
    )
    covariance[np.diag_indices_from(covariance)] += variance_floor(training)
    centre = means.mean(axis=0)
    directions = cho_solve(cho_factor(covariance), (means - centre).T)
    offsets = np.sum((means - centre) * directions.T, axis=1) / 2

    def scores(queries: Float[np.ndarray, "q d"]) -> Float[np.ndarray, "q classes"]:
        found: Float[np.ndarray, "q classes"] = (queries - centre) @ directions - offsets
        return found

    return Fitted(scores, f"shrinkage {shrinkage:.2g}")


CLASSIFIER = Classifier(
    "gaussian_shared",
    "Gaussian with shared covariance",
    "linear discriminant analysis with a shrunk covariance (Ledoit-Wolf)",
    fit,
)
