"""Nearest class mean."""

import numpy as np
from jaxtyping import Float

from synthgap.embedding_classifiers.training_set import (
    Classifier,
    Fitted,
    TrainingSet,
    squared_distances,
)
from synthgap.measures.nearest_centroid import centroids


def fit(training: TrainingSet) -> Fitted:
    """Take the mean of each class; the score is the negative squared distance to it.

    Source: Marwood, Baluja, Alon, arXiv 2311.00056 (Centroid Accuracy).
    """
    means = centroids(training.images, training.labels, len(training.counts))

    def scores(queries: Float[np.ndarray, "q d"]) -> Float[np.ndarray, "q classes"]:
        return -squared_distances(queries, means)

    return Fitted(scores)


CLASSIFIER = Classifier("nearest_centroid", "nearest centroid", "nearest class mean", fit)
