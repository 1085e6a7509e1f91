"""Centroid accuracy: are natural images classified right by the means of a source's images?"""

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike

from synthgap.measures.intervals.estimates import Share, mean_over_classes, share
from synthgap.measures.intervals.samples import SourceSample
from synthgap.measures.measure import Column, Family, Measure
from synthgap.measures.numerics import checks

COLUMNS = {
    "centroid_accuracy": Column(
        "centroid accuracy",
        "share of natural-val images whose nearest class mean is their class's",
        Family.ACCURACY,
    ),
}


def centroids(
    images: Float[np.ndarray, "n d"], labels: Int[np.ndarray, "n"], classes: int
) -> Float[np.ndarray, "classes d"]:
    """Mean embedding of each class; labels are 0 to classes - 1, each present."""
    sums = np.zeros((classes, images.shape[1]))
    np.add.at(sums, labels, images)
    return sums / np.bincount(labels, minlength=classes)[:, None]


def hits(
    images: Float[np.ndarray, "n d"],
    labels: Int[np.ndarray, "n"],
    queries: Float[np.ndarray, "q d"],
    query_labels: Int[np.ndarray, "q"],
    same: bool = False,
) -> Bool[np.ndarray, "q"]:
    """Say of each query whether the nearest class mean is its own class's.

    Args:
        images: embeddings whose means are taken.
        labels: their class numbers, 0 to c - 1, each present.
        queries: embeddings to classify.
        query_labels: their class numbers; -1 for a class without images.
        same: the queries are the images; each is left out of its class's mean. A class of one
            image is then never hit.

    Source: Marwood, Baluja, Alon, arXiv 2311.00056 (Centroid Accuracy); distances are Euclidean
    between unnormalised means, which is our reading.

    >>> axes = np.eye(2)
    >>> hits(axes, np.array([0, 1]), np.array([[0.9, 0.1]]), np.array([0]))
    array([ True])
    """
    classes = int(labels.max()) + 1
    means = centroids(images.astype(np.float64), labels, classes)
    asked = queries.astype(np.float64)
    # ‖q - m‖² without ‖q‖², which is the same for all means.
    distances = np.sum(means**2, axis=1) - 2 * asked @ means.T
    if same:
        counts = np.bincount(labels, minlength=classes)[query_labels][:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            without = (means[query_labels] * counts - asked) / (counts - 1)
        own = np.sum(without**2, axis=1) - 2 * np.sum(asked * without, axis=1)
        own = np.where(counts[:, 0] > 1, own, np.inf)
        distances[np.arange(len(asked)), query_labels] = own
    nearest: Bool[np.ndarray, "q"] = distances.argmin(axis=1) == query_labels
    return nearest


def centroid_accuracy(
    images: ArrayLike, labels: ArrayLike, queries: ArrayLike, query_labels: ArrayLike
) -> float:
    """Mean over the queries' classes of the share whose nearest class mean is their class's.

    Args:
        images: n unit embeddings of d dimensions, whose class means decide.
        labels: their n classes, as numbers or names, in any order.
        queries: q unit embeddings of d dimensions, to classify.
        query_labels: their q classes. Queries of a class without images are never right.

    Raises:
        InputError: embeddings that are not unit, or of different dimensions; labels that are not as
            many, or of different kinds.

    Source: Marwood, Baluja, Alon, arXiv 2311.00056 (Centroid Accuracy); see `hits`.

    >>> centroid_accuracy(np.eye(2), ["crane", "owl"], [[0.6, 0.8], [0.0, 1.0]], ["crane", "owl"])
    0.5
    """
    known, asked = checks.pair(images, queries, what_else="queries")
    classes = checks.labels(query_labels, asked, "query_labels")
    numbers, wanted, _ = checks.numbered(checks.labels(labels, known), classes)
    return mean_over_classes(hits(known, numbers, asked, wanted), classes)


def of_source(sample: SourceSample) -> dict[str, Share]:
    """Centroid accuracy on the queries, per class and overall."""
    hit = hits(sample.images, sample.labels, sample.queries, sample.query_labels, sample.same)
    rngs = sample.rngs("queries")
    return {"centroid_accuracy": share(hit[None], sample.query_labels, rngs, sample.draws)}


MEASURE = Measure(COLUMNS, of_source)
