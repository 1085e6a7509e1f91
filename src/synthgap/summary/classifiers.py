"""The accuracies of classifiers: a row a classifier and training set."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from synthgap import seeds
from synthgap.described import Columns, described_table
from synthgap.measures.intervals.estimates import Row, Share, columns, share
from synthgap.measures.measure import Column, Family
from synthgap.summary.measured import described
from synthgap.tables import read

ACCURACIES = {
    "top1": Column(
        "classifier top-1",
        "share of natural-val images that a classifier trained on the source puts right",
        Family.ACCURACY,
    ),
    "top5": Column(
        "classifier top-5",
        "share of natural-val images whose class is among the classifier's first five",
        Family.ACCURACY,
    ),
}
"""What predictions say; it stands beside the measures."""

CLASSIFIER = (pa.string(), "classifier behind top1 and top5")
TRAINING_SET = (pa.string(), "what the classifier was trained on")

BESIDE: Columns = {
    "classifier": CLASSIFIER,
    "training_set": TRAINING_SET,
    **described(ACCURACIES),
}
"""Columns beside the measures of a source, in studies that train a classifier."""

COLUMNS: Columns = {
    "classifier": CLASSIFIER,
    "training_set": TRAINING_SET,
    "trainings": (pa.int64(), "seeds that were trained"),
    **described(ACCURACIES),
}


class Training(NamedTuple):
    """The predictions of one classifier on one training set."""

    classifier: str
    training_set: str
    sources: tuple[str, ...]
    """What the training set consists of."""
    predictions: Sequence[str | Path]
    """One table a seed."""


def classifiers_table(trainings: Sequence[Training], draws: int) -> pa.Table:
    """The accuracies of all classifiers on all training sets, mixtures among them."""
    rows = [
        {
            "classifier": training.classifier,
            "training_set": training.training_set,
            "trainings": len(training.predictions),
            **accuracy_columns(accuracies_of(training, draws)),
        }
        for training in trainings
    ]
    return described_table(rows, COLUMNS)


def trained_alone(trainings: Sequence[Training], classifier: str | None) -> dict[str, Training]:
    """Of each source the first training set that consists of it alone.

    There may be several: mixtures of one source, of different sizes.
    """
    found: dict[str, Training] = {}
    for training in trainings:
        if training.classifier == classifier and len(training.sources) == 1:
            found.setdefault(training.sources[0], training)
    return found


def accuracies_of(training: Training, draws: int) -> dict[str, Share]:
    """Top-1 and top-5 accuracy; trainings with the same seeds are paired by seed and image."""
    tables = [read(path).to_pandas() for path in training.predictions]
    labels, class_ids = pd.factorize(tables[0]["class_id"])
    ranks = np.stack([table["rank"].to_numpy() for table in tables])
    return {
        f"top{k}": share(
            ranks < k,
            labels,
            [seeds.generator("queries", class_id) for class_id in class_ids],
            draws,
        )
        for k in (1, 5)
    }


def accuracy_columns(found: Mapping[str, Share]) -> Row:
    """The columns of accuracies over all classes, with their intervals."""
    row: Row = {}
    for name, accuracy in found.items():
        row |= columns(name, accuracy.overall.value, accuracy.overall_interval)
    return row
