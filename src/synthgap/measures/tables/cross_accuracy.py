"""Centroid accuracy of every source on the images of every source (the matrix X × Q)."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from numpy.typing import ArrayLike

from synthgap.measures import nearest_centroid
from synthgap.measures.intervals.estimates import columns, difference, interval, mean_over_classes
from synthgap.measures.numerics import checks
from synthgap.measures.tables.embeddings import source_sample
from synthgap.tables import write

DIFFERENCE = ("difference", "difference_low", "difference_high")


def centroid_accuracy_matrix(
    sources: Mapping[str, tuple[ArrayLike, ArrayLike]],
) -> dict[str, dict[str, float]]:
    """Centroid accuracy of every source X on the images of every source Q: `matrix[X][Q]`.

    The class means are those of X, the images to classify those of Q. Where both are the same, each
    image is left out of its own class's mean, and an image that is alone in its class is not right.

    Args:
        sources: of each source its unit embeddings (n of d dimensions, the same d in all) and their
            n classes, as numbers or names, in any order. Images of a class that X lacks are not
            right.

    Raises:
        InputError: embeddings that are not unit, or of different dimensions; labels that are not as
            many, or of different kinds.

    Source: Marwood, Baluja, Alon, arXiv 2311.00056 (Centroid Accuracy); see
    `nearest_centroid.hits`.

    >>> one = ([[1.0, 0.0], [0.96, 0.28], [0.0, 1.0], [0.28, 0.96]], ["owl"] * 2 + ["crane"] * 2)
    >>> centroid_accuracy_matrix({"disamb": one, "natural": ([[1.0, 0.0]], ["crane"])})["disamb"]
    {'disamb': 1.0, 'natural': 0.0}
    """
    matrix: dict[str, dict[str, float]] = {}
    given = {}
    for source, (images, labels) in sources.items():
        known = checks.embeddings(images, source)
        given[source] = known, checks.labels(labels, known, f"labels of {source}")
    for source, (known, labels) in given.items():
        matrix[source] = {}
        for query, (asked, query_labels) in given.items():
            what, what_else = f"labels of {source}", f"labels of {query}"
            checks.same_space(source, known, query, asked)
            numbers, wanted, _ = checks.numbered(labels, query_labels, what, what_else)
            same = source == query
            hits = nearest_centroid.hits(known, numbers, asked, wanted, same)
            matrix[source][query] = mean_over_classes(hits, query_labels)
    return matrix


def measure_cross_accuracy(
    path: str | Path,
    *,
    class_ids: Sequence[str],
    embeddings: Mapping[str, Sequence[str | Path]],
    n: int,
    draws: int,
    baseline: str,
    metadata: Mapping[str, str],
) -> None:
    """Write the centroid accuracy of each pair of sources, per class and for all.

    Args:
        path: where to. Columns: `source` (X, whose means decide), `query` (Q, whose images are
            classified), `class_id` (null for all classes), `centroid_accuracy` with its interval;
            for all classes `difference`, what it has more than the baseline on the same images,
            paired, with its interval.
        class_ids: the classes.
        embeddings: of each source its tables of embeddings, in the order of the classes.
        n: images a class whose mean is taken, at most.
        draws: replicates for the intervals.
        baseline: the source that the others are compared with; it has no difference itself.
        metadata: what made the table.
    """
    found = {}
    for source, images in embeddings.items():
        for query, queries in embeddings.items():
            sample = source_sample(class_ids, images, queries, n, draws)
            found[source, query] = nearest_centroid.of_source(sample)["centroid_accuracy"]
    rows = []
    for (source, query), each in found.items():
        more: dict[str, float | None] = dict.fromkeys(DIFFERENCE)
        if source != baseline:
            between = difference(found[baseline, query].overall, each.overall)
            more = columns("difference", between.value, interval(between))
        values = [each.overall.value, *each.per_class]
        intervals = [each.overall_interval, *each.per_class_interval]
        for class_id, value, ends in zip([None, *class_ids], values, intervals, strict=True):
            rows.append(
                {"source": source, "query": query, "class_id": class_id}
                | columns("centroid_accuracy", value, ends)
                | (more if class_id is None else dict.fromkeys(DIFFERENCE))
            )
    write(pa.Table.from_pylist(rows), path, metadata)
