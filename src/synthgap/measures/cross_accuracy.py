"""Centroid accuracy of every source on the images of every source (the matrix X × Q)."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from synthgap.measures import nearest_centroid
from synthgap.measures.reading import source_sample
from synthgap.tables import write


def measure_cross_accuracy(
    path: str | Path,
    *,
    class_ids: Sequence[str],
    embeddings: Mapping[str, Sequence[str | Path]],
    n: int,
    draws: int,
    metadata: Mapping[str, str],
) -> None:
    """Write the centroid accuracy of each pair of sources, per class and for all.

    Args:
        path: where to. Columns: `source` (X, whose means decide), `query` (Q, whose images are
            classified), `class_id` (null for all classes), `centroid_accuracy` with its interval.
        class_ids: the classes.
        embeddings: of each source its tables of embeddings, in the order of the classes.
        n: images a class whose mean is taken, at most.
        draws: replicates for the intervals.
        metadata: what made the table.
    """
    rows = []
    for source, images in embeddings.items():
        for query, queries in embeddings.items():
            sample = source_sample(class_ids, images, queries, None, n, draws)
            found = nearest_centroid.of_source(sample)["centroid_accuracy"]
            values = [found.overall.value, *found.per_class]
            intervals = [found.overall_interval, *found.per_class_interval]
            rows += [
                {
                    "source": source,
                    "query": query,
                    "class_id": class_id,
                    "centroid_accuracy": float(value),
                    "centroid_accuracy_low": ends.low,
                    "centroid_accuracy_high": ends.high,
                }
                for class_id, value, ends in zip([None, *class_ids], values, intervals, strict=True)
            ]
    write(pa.Table.from_pylist(rows), path, metadata)
