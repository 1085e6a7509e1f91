"""The study's answer as two tables: a row a source and encoder, a row a class of these."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from synthgap import seeds
from synthgap.measures import of_class, of_source, pooled
from synthgap.measures.estimates import Estimate, Row, Share, columns, interval, share
from synthgap.tables import read

OF_CLASS = [name for module in of_class.MEASURES for name in module.COLUMNS]
OF_SOURCE = [name for module in of_source.MEASURES for name in module.COLUMNS]
OF_POOL = [name for module in pooled.MEASURES for name in module.POOLED_COLUMNS]
"""Measures of single classes, of all classes, and of all images as one set."""

DESCRIPTIONS: dict[str, str] = {
    "encoder": "model whose embeddings were measured",
    "source": "variant, natural-train or natural-val",
    "class_id": "the class",
    "classifier": "classifier behind top1 and top5",
    "training_set": "what the classifier was trained on",
    "name": "the class's name; names may collide",
    "images": "images that the source has",
    "n": "images a class that were measured (the smallest class's number in a row for all)",
    **{name: text for module in of_class.MEASURES for name, text in module.COLUMNS.items()},
    **{name: text for module in of_source.MEASURES for name, text in module.COLUMNS.items()},
    **{name: text for module in pooled.MEASURES for name, text in module.POOLED_COLUMNS.items()},
    "top1": "share of natural-val images that a classifier trained on the source puts right",
    "top5": "share of natural-val images whose class is among the classifier's first five",
    "trainings": "seeds that were trained",
}
"""What each column means; `_low` and `_high` are the ends of its 95 % interval."""


class Measured(NamedTuple):
    """The measures of one source in one encoder's space."""

    encoder: str
    source: str
    classes: Sequence[str | Path]
    """Tables of single classes."""
    together: str | Path
    """Table of all classes together."""
    pooled: str | Path
    """Table of all images as one set."""


class Training(NamedTuple):
    """The predictions of one classifier on one training set."""

    classifier: str
    training_set: str
    sources: tuple[str, ...]
    """What the training set consists of."""
    predictions: Sequence[str | Path]
    """One table a seed."""


def variants_table(
    measured: Sequence[Measured],
    trainings: Sequence[Training],
    classifier: str | None,
    draws: int,
) -> pa.Table:
    """Join measures and accuracies: a row a source and encoder.

    A measure of single classes is averaged over the classes, and so are its replicates, which
    gives the interval: images are resampled within classes, the classes are taken as given.

    Args:
        measured: what was measured.
        trainings: what was trained.
        classifier: whose accuracy stands beside the measures, where a training set consists of
            the source alone; None if there is no classifier.
        draws: replicates for the intervals of accuracies.
    """
    accuracies = {
        source: {
            "training_set": training.training_set,
            **_accuracy_columns(_accuracies(training, draws)),
        }
        for source, training in trained_alone(trainings, classifier).items()
    }
    rows = []
    for item in measured:
        of_classes = [_row(path) for path in item.classes]
        row: Row = {
            "encoder": item.encoder,
            "source": item.source,
            "images": sum(found["images"] for found in of_classes),
            "n": min(found["n"] for found in of_classes),
        }
        for name in OF_CLASS:
            row |= _mean(name, of_classes)
        (together,) = [found for found in _rows(item.together) if found["class_id"] is None]
        row |= _with_ends(OF_SOURCE, together)
        row |= _with_ends(OF_POOL, _row(item.pooled))
        if classifier is not None:
            row |= {"classifier": classifier, **accuracies.get(item.source, {})}
        rows.append(row)
    return _table(rows)


def classes_table(
    measured: Sequence[Measured],
    trainings: Sequence[Training],
    classifier: str | None,
    names: Mapping[str, str],
) -> pa.Table:
    """Join measures and accuracies class by class: a row a class, source and encoder."""
    accuracies = {
        source: (training.training_set, _accuracies(training, draws=100))
        for source, training in trained_alone(trainings, classifier).items()
    }
    rows = []
    for item in measured:
        together = {found["class_id"]: found for found in _rows(item.together)}
        for number, path in enumerate(item.classes):
            alone = _row(path)
            class_id = alone["class_id"]
            row: Row = {
                "encoder": item.encoder,
                "source": item.source,
                "class_id": class_id,
                "name": names[class_id],
            }
            row |= {key: alone[key] for key in ("images", "n")}
            row |= _with_ends(OF_CLASS, alone)
            row |= _with_ends(OF_SOURCE, together[class_id])
            if classifier is not None:
                row["classifier"] = classifier
            if item.source in accuracies:
                row["training_set"], shares = accuracies[item.source]
                for name, found in shares.items():
                    row |= columns(name, found.per_class[number], found.per_class_interval[number])
            rows.append(row)
    return _table(rows)


def classifiers_table(trainings: Sequence[Training], draws: int) -> pa.Table:
    """The accuracies of all classifiers on all training sets, mixtures among them."""
    rows = [
        {
            "classifier": training.classifier,
            "training_set": training.training_set,
            "trainings": len(training.predictions),
            **_accuracy_columns(_accuracies(training, draws)),
        }
        for training in trainings
    ]
    return _table(rows)


def trained_alone(trainings: Sequence[Training], classifier: str | None) -> dict[str, Training]:
    """Of each source the first training set that consists of it alone.

    There may be several: mixtures of one source, of different sizes.
    """
    found: dict[str, Training] = {}
    for training in trainings:
        if training.classifier == classifier and len(training.sources) == 1:
            found.setdefault(training.sources[0], training)
    return found


def _accuracies(training: Training, draws: int) -> dict[str, Share]:
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


def _accuracy_columns(found: Mapping[str, Share]) -> Row:
    row: Row = {}
    for name, accuracy in found.items():
        row |= columns(name, accuracy.overall.value, accuracy.overall_interval)
    return row


def _mean(name: str, of_classes: Sequence[Row]) -> Row:
    """A measure's mean over the classes; empty where a class has none."""
    if any(found.get(name) is None for found in of_classes):
        return _with_ends([name], {})
    mean = Estimate(
        float(np.mean([found[name] for found in of_classes])),
        np.mean([found[f"{name}_replicates"] for found in of_classes], axis=0),
    )
    return columns(name, mean.value, interval(mean))


def _with_ends(names: Sequence[str], found: Row) -> Row:
    """The columns of some measures; those that do not apply are empty."""
    return {
        f"{name}{end}": found.get(f"{name}{end}") for name in names for end in ("", "_low", "_high")
    }


def _rows(path: str | Path) -> Iterator[Row]:
    yield from read(path).to_pylist()


def _row(path: str | Path) -> Row:
    (row,) = _rows(path)
    return row


def _table(rows: Sequence[Row]) -> pa.Table:
    """Make a table whose columns say what they mean, with empty cells where a row has no value."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = pa.Table.from_pylist([{name: row.get(name) for name in names} for row in rows])
    for position, field in enumerate(table.schema):
        # An empty column has no type of its own.
        kind = pa.float64() if pa.types.is_null(field.type) else field.type
        described = pa.field(field.name, kind, metadata={"description": describe(field.name)})
        table = table.set_column(position, described, table.column(position).cast(kind))
    return table


def describe(column: str) -> str:
    """Say what a column of the summary means.

    >>> describe("top1_low")
    'lower end of the 95 % interval of top1'
    """
    for end, text in (("_low", "lower"), ("_high", "upper")):
        if column.endswith(end):
            return f"{text} end of the 95 % interval of {column.removesuffix(end)}"
    return DESCRIPTIONS[column]


def descriptions(table: str | Path) -> dict[str, str]:
    """Read from a summary what its columns mean."""
    return {
        field.name: (field.metadata or {}).get(b"description", b"").decode()
        for field in read(table).schema
    }


def frame(table: str | Path) -> pd.DataFrame:
    """Read a summary for people and figures."""
    data: pd.DataFrame = read(table).to_pandas()
    return data
