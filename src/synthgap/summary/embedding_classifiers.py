"""Classifiers on embeddings in one table: a row an encoder, source and classifier."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from synthgap.described import Columns, described_table, with_interval
from synthgap.measures.intervals.estimates import Estimate, Row, columns, difference, interval
from synthgap.tables import read

REFERENCE = "knn"
"""The classifier that the others are compared with."""

COLUMNS: Columns = {
    "encoder": (pa.string(), "model whose embeddings were classified"),
    "source": (pa.string(), "variant or natural-train: what the classifier was trained on"),
    "classifier": (pa.string(), "the classifier"),
    "name": (pa.string(), "the classifier's name for people"),
    "n": (pa.int64(), "images a class that it was trained on (the smallest class's number)"),
    **with_interval("accuracy", "share of natural-val images put right, mean over classes"),
    **with_interval("minus_knn", "accuracy minus that of 5-NN on the same source", note=", paired"),
    "chosen": (pa.string(), "what a rule chose from the source's images"),
}


def embedding_classifiers_table(measured: Mapping[tuple[str, str], str | Path]) -> pa.Table:
    """Join the accuracies of all sources and compare each with 5-NN's on the same source.

    Where a class has too few images to win a vote of 5, 5-NN and the comparisons are empty.

    Args:
        measured: of each encoder and source the table of its classifiers.
    """
    rows = []
    for (encoder, source), path in measured.items():
        overall = [row for row in read(path).to_pylist() if row["class_id"] is None]
        estimates = {
            row["classifier"]: _estimate(row) for row in overall if row["accuracy"] is not None
        }
        for row in overall:
            name = row["classifier"]
            rows.append({**row, "encoder": encoder, "source": source})
            if name != REFERENCE and {name, REFERENCE} <= set(estimates):
                found = difference(estimates[REFERENCE], estimates[name])
                rows[-1] |= columns("minus_knn", found.value, interval(found))
    return described_table(rows, COLUMNS)


def _estimate(row: Row) -> Estimate:
    return Estimate(row["accuracy"], np.array(row["accuracy_replicates"]))
