"""Which variant each class takes of several: the table of numbers, and that of images."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Int

from synthgap.derived.choices import Choice, choose
from synthgap.derived.origin_table import COLUMNS as ORIGIN
from synthgap.described import Columns, described_table, schema_of, with_interval
from synthgap.measures.intervals.estimates import wilson
from synthgap.measures.intervals.samples import subsample
from synthgap.measures.nearest_neighbours import HEADLINE, hits
from synthgap.measures.tables.embeddings import embeddings, tables_of_one_space
from synthgap.tables import read, write

COLUMNS: Columns = {
    "selected": (pa.string(), "variant whose classes take their images of others"),
    "class_id": (pa.string(), "the class"),
    "variant": (pa.string(), "variant that it may take them of"),
    "chosen": (pa.bool_(), "the class takes them of this one"),
    "best_overall": (pa.bool_(), "the variant is the best over all classes"),
    "n": (pa.int64(), "images a class that vote"),
    "queries": (pa.int64(), "natural-train images that are classified"),
    **with_interval(
        "accuracy",
        "share of them whose five nearest images of the variant vote for the class",
        note=", by Wilson",
    ),
    "accuracy_overall": (pa.float64(), "mean of accuracy over all classes"),
    "difference": (pa.float64(), "accuracy minus that of the best over all classes"),
    **with_interval(
        "shrunk",
        "the difference shrunk towards its mean over classes, by how far classes differ beyond "
        "chance; the largest is chosen, 0 of the best over all among them",
    ),
}
"""Of each column its type and what it means."""


def select_variants(
    path: str | Path,
    choices: str | Path,
    *,
    name: str,
    class_ids: Sequence[str],
    among: Mapping[str, Sequence[str | Path]],
    natural: Sequence[str | Path],
    n: int,
    metadata: Mapping[str, str],
) -> None:
    """Choose for each class the variant that tells natural-train's images apart best.

    A vote of five and not the nearest mean, since a set of one image many times may have the right
    mean: only neighbours see whether images are where natural ones are. natural-train taught the
    variants nothing, unless they were filtered by it.

    In memory are n images a class of each variant in turn, and the queries of one class.

    Args:
        path: where the table of images goes. A row an image; columns: `origin_table.COLUMNS`.
        choices: where that of the numbers goes. A row a class and variant; columns: `COLUMNS`.
        name: of the variant that is made.
        class_ids: the classes.
        among: of each variant its tables of embeddings, in the order of the classes.
        natural: natural-train's.
        n: images a class that vote; each class of each variant has as many.
        metadata: what made the tables.

    Raises:
        InputError: a class of a variant has fewer than n images, or tables have other dimensions.
    """
    labels = np.repeat(np.arange(len(class_ids)), [_count(table) for table in natural])
    found = choose(
        np.stack([_hits(class_ids, tables, natural, n) for tables in among.values()]), labels
    )
    names = list(among)
    rows = _rows(name, class_ids, names, found, np.bincount(labels), n)
    write(described_table(rows, COLUMNS), choices, metadata)
    parts = [
        _images(names[variant], among[names[variant]][number])
        for number, variant in enumerate(found.chosen.tolist())
    ]
    write(pa.concat_tables(parts), path, metadata)


def _hits(
    class_ids: Sequence[str],
    tables: Sequence[str | Path],
    natural: Sequence[str | Path],
    n: int,
) -> Bool[np.ndarray, "queries"]:
    """Say of natural-train's images, class by class, which a vote of a variant's puts right."""
    parts = [
        subsample(rows, n, class_id)
        for rows, class_id in zip(tables_of_one_space(tables, n), class_ids, strict=True)
    ]
    images = np.concatenate(parts)
    labels = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    found = []
    for number, table in enumerate(natural):
        queries = embeddings(table, 1)
        wanted = np.full(len(queries), number)
        found.append(hits(images, labels, queries, wanted, [HEADLINE])[HEADLINE])
    return np.concatenate(found)


def _rows(
    name: str,
    class_ids: Sequence[str],
    variants: Sequence[str],
    found: Choice,
    queries: Int[np.ndarray, "classes"],
    n: int,
) -> list[dict[str, Any]]:
    rows = []
    for number, class_id in enumerate(class_ids):
        for place, variant in enumerate(variants):
            accuracy, count = float(found.accuracies[place, number]), int(queries[number])
            ends = wilson(accuracy * count, count)
            rows.append(
                {
                    "selected": name,
                    "class_id": class_id,
                    "variant": variant,
                    "chosen": place == found.chosen[number],
                    "best_overall": place == found.best,
                    "n": n,
                    "queries": count,
                    "accuracy": accuracy,
                    "accuracy_low": ends.low,
                    "accuracy_high": ends.high,
                    "accuracy_overall": float(found.accuracies[place].mean()),
                    "difference": float(found.differences[place, number]),
                    "shrunk": float(found.shrunk[place, number]),
                    "shrunk_low": float(found.low[place, number]),
                    "shrunk_high": float(found.high[place, number]),
                }
            )
    return rows


def _count(table: str | Path) -> int:
    return int(read(table, ["index"]).num_rows)


def _images(source: str, table: str | Path) -> pa.Table:
    """All images of a class of a variant, as they are kept."""
    rows = read(table, ["class_id", "index", "key"])
    count = len(rows)
    columns = {
        "class_id": rows["class_id"],
        "source": pa.repeat(pa.scalar(source, pa.string()), count),
        "index": rows["index"],
        "key": rows["key"],
        "kept": pa.array([True] * count),
        "place": pa.array(range(count), pa.int32()),
        "score": pa.nulls(count, pa.float64()),
        "against": pa.nulls(count, pa.string()),
    }
    return pa.table([columns[each] for each in ORIGIN], schema=schema_of(ORIGIN))
