"""Training a classifier on embeddings and asking it about others."""

import numpy as np
from jaxtyping import Float, Int
from numpy.typing import ArrayLike

from synthgap.embedding_classifiers import (
    centroid,
    gaussian_own,
    gaussian_shared,
    kernel_density,
    logistic,
    metric_learning,
    mixture,
    prototypes,
)
from synthgap.embedding_classifiers import (
    nearest_neighbours as neighbours,
)
from synthgap.embedding_classifiers.training_set import Classifier, Fitted, Scores, training_set
from synthgap.errors import InputError
from synthgap.measures.nearest_neighbours import HEADLINE, refuse_unwinnable
from synthgap.measures.numerics import checks

CLASSIFIERS: dict[str, Classifier] = {
    module.CLASSIFIER.name: module.CLASSIFIER
    # In the order of the table and the chart.
    for module in (
        centroid,
        neighbours,
        prototypes,
        gaussian_shared,
        gaussian_own,
        mixture,
        kernel_density,
        logistic,
        metric_learning,
    )
}
"""A new classifier is one module with `CLASSIFIER`, and its name here."""

NUMBERS = 2**25
"""Distances or scores that are held at once, about: 256 MB. It decides how many queries are
classified together."""


def classify(name: str, images: ArrayLike, labels: ArrayLike, queries: ArrayLike) -> np.ndarray:
    """Train a classifier on images and say of which class each query is.

    Args:
        name: which of `CLASSIFIERS`.
        images: n unit embeddings of d dimensions, to train on.
        labels: their n classes, as numbers or names, in any order.
        queries: q unit embeddings of d dimensions.

    Returns:
        The q classes, each one of `labels`.

    Raises:
        InputError: an unknown name; embeddings that are not unit, or of different dimensions;
            labels that are not as many, or of different kinds; too few images of a class for it to
            win a vote of "knn".

    >>> images = [[1.0, 0.0], [0.96, 0.28], [0.0, 1.0], [0.28, 0.96]]
    >>> classify("gaussian_own", images, ["a", "a", "b", "b"], [[0.8, 0.6]])
    array(['a'], dtype='<U1')
    """
    if name not in CLASSIFIERS:
        raise InputError(f"{name}: no such classifier; there are {', '.join(CLASSIFIERS)}")
    known, asked = checks.pair(images, queries, what_else="queries")
    given = checks.labels(labels, known)
    classes, numbers = np.unique(given, return_inverse=True)
    if name == neighbours.CLASSIFIER.name:
        refuse_unwinnable(HEADLINE, given)
    fitted = train(CLASSIFIERS[name], known, numbers)
    found: np.ndarray = classes[predict(fitted.scores, asked, len(known))]
    return found


def train(
    classifier: Classifier, images: Float[np.ndarray, "n d"], labels: Int[np.ndarray, "n"]
) -> Fitted:
    """Train a classifier.

    Args:
        classifier: which.
        images: embeddings to train on.
        labels: their class numbers, 0 to c - 1, each present. Where there is one class, nothing is
            trained.
    """
    if labels.max() == 0:
        return Fitted(lambda queries: np.zeros((len(queries), 1)))
    return classifier.fit(training_set(images, labels))


def predict(scores: Scores, queries: Float[np.ndarray, "q d"], width: int) -> Int[np.ndarray, "q"]:
    """Class number with the highest score for each query, a few queries at a time.

    Args:
        scores: of a trained classifier.
        queries: embeddings to classify.
        width: numbers that a query takes: at most the number of images.
    """
    block = max(1, min(2048, NUMBERS // width))
    return np.concatenate(
        [
            scores(queries[start : start + block].astype(np.float64)).argmax(axis=1)
            for start in range(0, len(queries), block)
        ]
    )
