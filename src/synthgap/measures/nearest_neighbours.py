"""k-NN accuracy: are natural images classified right by the nearest images of a source?"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import ArrayLike

from synthgap.errors import InputError
from synthgap.measures.intervals.estimates import Share, mean_over_classes, share
from synthgap.measures.intervals.samples import SourceSample
from synthgap.measures.measure import Column, Family, Measure
from synthgap.measures.numerics import checks
from synthgap.measures.numerics.neighbour_search import nearest

NEIGHBOURS = (1, 5, 10, 20)
HEADLINE = 5


def column(k: int) -> str:
    """Name of the column for k neighbours; the headline's has no number."""
    return "knn_accuracy" if k == HEADLINE else f"knn_accuracy_{k}"


COLUMNS = {
    column(k): Column(
        f"{k}-NN accuracy",
        f"share of natural-val images whose {k} nearest images vote for their class; empty where a "
        "class has too few images to win the vote",
        Family.ACCURACY,
    )
    for k in NEIGHBOURS
}

VOTES_AT_ONCE = 1024
"""Queries whose votes are counted at once: a matrix of queries by classes."""


def hits(
    images: Float[np.ndarray, "n d"],
    labels: Int[np.ndarray, "n"],
    queries: Float[np.ndarray, "q d"],
    query_labels: Int[np.ndarray, "q"],
    ks: Sequence[int],
    same: bool = False,
) -> dict[int, Bool[np.ndarray, "q"]]:
    """Say of each query, for each k, whether its k nearest images vote for its class.

    Nearest by Euclidean distance, which for unit embeddings is the order of the cosine. A tied
    vote goes to the class among the tied that has the nearest image.

    Args:
        images: embeddings that vote, unit or not, perhaps a memory map.
        labels: their class numbers, 0 to c - 1.
        queries: embeddings to classify.
        query_labels: their class numbers; -1 for a class without images.
        ks: numbers of neighbours, at most as many as can vote. Whether a class can win with so
            many is the caller's to ask; see `least_images`.
        same: the queries are the images; each is left out of its own vote.

    >>> hits(np.eye(2), np.array([0, 1]), np.array([[0.6, 0.8]]), np.array([1]), [1])
    {1: array([ True])}
    """
    classes = int(max(labels.max(), query_labels.max())) + 1
    found = nearest(queries, images, max(ks), leave_out_self=same)
    return {k: _votes(labels[found.indices[:, :k]], classes) == query_labels for k in ks}


def least_images(k: int, classes: int, same: bool = False) -> int:
    """Images that each class needs so that it can win a vote of k, whatever the others do.

    More than half of k. With fewer, images of perfectly separated classes are outvoted by those of
    other classes, which must fill the k places, and the accuracy says nothing of the images. One
    class alone needs k.

    Args:
        k: how many vote.
        classes: how many classes there are.
        same: the queries are the images, and none votes for itself.

    >>> least_images(5, classes=2), least_images(20, classes=2, same=True)
    (3, 12)
    """
    return (k // 2 + 1 if classes > 1 else k) + same


def refuse_unwinnable(k: int, labels: np.ndarray) -> None:
    """Refuse a vote that some class could not win.

    Args:
        k: how many vote.
        labels: classes of the images that vote.

    Raises:
        InputError: k is below 1, or a class has fewer than `least_images`.
    """
    if k < 1:
        raise InputError(f"k: {k} neighbours cannot vote; take at least 1")
    classes, counts = np.unique(labels, return_counts=True)
    least, fewest = least_images(k, len(classes)), int(counts.argmin())
    if counts[fewest] < least:
        raise InputError(
            f"k: with {k} votes a class needs {least} images to win, but {classes[fewest]} has "
            f"{counts[fewest]}; take more images or a smaller k"
        )


def knn_accuracy(
    images: ArrayLike,
    labels: ArrayLike,
    queries: ArrayLike,
    query_labels: ArrayLike,
    k: int = HEADLINE,
) -> float:
    """Mean over the queries' classes of the share whose k nearest images vote for their class.

    Args:
        images: n unit embeddings of d dimensions that vote.
        labels: their n classes, as numbers or names, in any order.
        queries: q unit embeddings of d dimensions, to classify.
        query_labels: their q classes. Queries of a class without images are never right.
        k: how many vote. Each class of the images needs more than k/2 of them.

    Raises:
        InputError: embeddings that are not unit, or of different dimensions; labels that are not as
            many, or of different kinds; k below 1, or so high that a class could not win.

    Source: Marwood, Baluja, Alon, arXiv 2311.00056 (k-NN); see `hits`.

    >>> knn_accuracy(np.eye(2), ["crane", "owl"], [[0.8, 0.6]], ["crane"], k=1)
    1.0
    """
    known, asked = checks.pair(images, queries, what_else="queries")
    given = checks.labels(labels, known)
    classes = checks.labels(query_labels, asked, "query_labels")
    refuse_unwinnable(k, given)
    numbers, wanted, _ = checks.numbered(given, classes)
    return mean_over_classes(hits(known, numbers, asked, wanted, [k])[k], classes)


def _votes(neighbours: Int[np.ndarray, "q k"], classes: int) -> Int[np.ndarray, "q"]:
    """Class with the most votes in each row of neighbours, which are sorted by nearness."""
    winners = [
        _votes_of_few(neighbours[start : start + VOTES_AT_ONCE], classes)
        for start in range(0, len(neighbours), VOTES_AT_ONCE)
    ]
    return np.concatenate([np.zeros(0, int), *winners])


def _votes_of_few(neighbours: Int[np.ndarray, "q k"], classes: int) -> Int[np.ndarray, "q"]:
    rows, k = neighbours.shape
    votes = np.zeros((rows, classes))
    np.add.at(votes, (np.arange(rows)[:, None], neighbours), 1)
    # Less than one vote in all, and more for a nearer first neighbour: it only settles ties.
    first = np.full((rows, classes), float(k))
    for place in range(k - 1, -1, -1):
        first[np.arange(rows), neighbours[:, place]] = place
    winner: Int[np.ndarray, "q"] = (votes - first / (k + 1)).argmax(axis=1)
    return winner


def of_source(sample: SourceSample) -> dict[str, Share]:
    """k-NN accuracy on the queries, per class and overall, for each k that all classes can win."""
    counts = np.bincount(sample.labels)
    ks = [k for k in NEIGHBOURS if counts.min() >= least_images(k, len(counts), sample.same)]
    if not ks:
        return {}
    by_k = hits(
        sample.images,
        sample.labels,
        sample.queries,
        sample.query_labels,
        ks,
        sample.same,
    )
    return {
        column(k): share(hit[None], sample.query_labels, sample.rngs("queries"), sample.draws)
        for k, hit in by_k.items()
    }


MEASURE = Measure(COLUMNS, of_source)
