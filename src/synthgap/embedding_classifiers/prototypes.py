"""Several prototypes a class: the nearest of all classes' k-means centres."""

import numpy as np
from jaxtyping import Float

from synthgap import seeds
from synthgap.embedding_classifiers.training_set import (
    Classifier,
    Fitted,
    Scores,
    TrainingSet,
    distinct,
    squared_distances,
    starts_of,
)

PROTOTYPES = (2, 4, 8)
"""Numbers a class to choose from; one would be the nearest class mean."""


def fit(training: TrainingSet) -> Fitted:
    """Run k-means in each class; the score is the negative squared distance to the nearest centre.

    All classes have the same number of prototypes, or fewer where a class has fewer different
    images: the number with the best accuracy on held-out folds of the training images, the least
    among equals.

    Source: T. Hastie, R. Tibshirani, J. Friedman: The Elements of Statistical Learning, 2009,
    section 13.2.1.
    """
    folds = list(training.folds())

    def accuracy(k: int) -> float:
        right = [_scores(kept, k)(out.images).argmax(axis=1) == out.labels for kept, out in folds]
        return float(np.concatenate(right).mean())

    k = max(PROTOTYPES, key=accuracy) if folds else PROTOTYPES[0]
    return Fitted(_scores(training, k), f"{k} prototypes a class")


def _scores(training: TrainingSet, k: int) -> Scores:
    from threadpoolctl import threadpool_limits

    # A class is too small for threads to gain anything.
    with threadpool_limits(1):
        parts = [_centres(images, k, label) for label, images in enumerate(training.by_class())]
    counts = [len(part) for part in parts]
    starts = starts_of(counts)
    centres = np.concatenate(parts)

    def scores(queries: Float[np.ndarray, "q d"]) -> Float[np.ndarray, "q classes"]:
        nearest: Float[np.ndarray, "q classes"] = np.maximum.reduceat(
            -squared_distances(queries, centres), starts, axis=1
        )
        return nearest

    return scores


def _centres(images: Float[np.ndarray, "n d"], k: int, label: int) -> Float[np.ndarray, "k d"]:
    from sklearn.cluster import KMeans

    different = distinct(images)
    if len(different) <= k:
        return different
    state = int(seeds.generator("prototypes", label, k).integers(2**31))
    centres: Float[np.ndarray, "k d"] = KMeans(k, random_state=state).fit(images).cluster_centers_
    return centres


CLASSIFIER = Classifier(
    "prototypes", "several prototypes", "nearest of two to eight k-means centres a class", fit
)
