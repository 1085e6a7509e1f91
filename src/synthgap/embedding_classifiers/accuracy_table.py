"""The table of one source: how well each classifier trained on its embeddings knows natural-val."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from synthgap.embedding_classifiers import nearest_neighbours as neighbours
from synthgap.embedding_classifiers.registry import CLASSIFIERS, predict, train
from synthgap.measures.intervals.estimates import Row, columns, share
from synthgap.measures.nearest_neighbours import HEADLINE, least_images
from synthgap.measures.tables.embeddings import source_sample
from synthgap.tables import write


def measure_embedding_classifiers(
    path: str | Path,
    *,
    class_ids: Sequence[str],
    images: Sequence[str | Path],
    queries: Sequence[str | Path],
    n: int,
    draws: int,
    threads: int,
    metadata: Mapping[str, str],
) -> None:
    """Train every classifier on one source, test it on natural-val, and write its rows.

    Args:
        path: where to. Of each classifier a row for all classes (no class_id), then a row a class.
            Columns: `classifier`, `name` (for people), `class_id`, `n` (images a class),
            `accuracy` with its interval, `accuracy_replicates` and `chosen` (what a rule chose
            from the source's images) for all classes. 5-NN has no numbers where a class has too few
            images to win the vote.
        class_ids: the classes.
        images: the source's tables of embeddings, in the order of the classes.
        queries: natural-val's tables of embeddings, in the same order.
        n: images a class, at most.
        draws: replicates for the intervals.
        threads: to compute on; sums differ in their last bits with their number.
        metadata: what made the table.

    Raises:
        InputError: a class has fewer than n images, or no queries.
    """
    from threadpoolctl import threadpool_limits

    sample = source_sample(class_ids, images, queries, n, draws)
    counts = np.bincount(sample.labels)
    rows: list[Row] = []
    for number, classifier in enumerate(CLASSIFIERS.values(), start=1):
        named = {"classifier": classifier.name, "name": classifier.words}
        if classifier is neighbours.CLASSIFIER and counts.min() < least_images(
            HEADLINE, len(counts)
        ):
            rows += [
                {**named, "class_id": class_id, "n": int(count)}
                for class_id, count in zip([None, *class_ids], [counts.min(), *counts], strict=True)
            ]
            print(f"{number} of {len(CLASSIFIERS)}, {classifier.words}: too few images", flush=True)
            continue
        started = time.monotonic()
        with threadpool_limits(threads):
            fitted = train(classifier, sample.images, sample.labels)
            found = predict(fitted.scores, sample.queries, len(sample.images))
        hits = (found == sample.query_labels)[None]
        accuracy = share(hits, sample.query_labels, sample.rngs("queries"), draws)
        rows.append(
            {
                **named,
                "class_id": None,
                "n": int(counts.min()),
                **columns("accuracy", accuracy.overall.value, accuracy.overall_interval),
                "accuracy_replicates": accuracy.overall.replicates,
                "chosen": fitted.chosen,
            }
        )
        rows += [
            {**named, "class_id": class_id, "n": int(count), **columns("accuracy", value, ends)}
            for class_id, count, value, ends in zip(
                class_ids, counts, accuracy.per_class, accuracy.per_class_interval, strict=True
            )
        ]
        print(
            f"{number} of {len(CLASSIFIERS)}, {classifier.words}: {accuracy.overall.value:.3f} in "
            f"{time.monotonic() - started:.1f} s {fitted.chosen}",
            flush=True,
        )
    write(pa.Table.from_pylist(rows), path, metadata)
