"""The study's answer as two tables: a row a source and encoder, a row a class of these."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from synthgap import seeds
from synthgap.measures.intervals import limits
from synthgap.measures.intervals.estimates import Estimate, Row, Share, columns, share
from synthgap.measures.tables import of_class, of_source, pooled
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
    "measure": "what is compared, a column of summary/variants",
    "other": "the source it is compared with",
    "difference": "the measure of other minus that of source, for all classes",
}
"""What each column means; `_low` and `_high` are the ends of its 95 % interval."""

REPLICATES = "_replicates"
"""Ends the names of columns that hold the replicates of a measure."""


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
            **_accuracy_columns(accuracies_of(training, draws)),
        }
        for source, training in trained_alone(trainings, classifier).items()
    }
    rows = []
    for item in measured:
        of_classes = rows_of_classes(item)
        row: Row = {
            "encoder": item.encoder,
            "source": item.source,
            "images": sum(found["images"] for found in of_classes),
            "n": min(found["n"] for found in of_classes),
        }
        means = over_classes(of_classes)
        for name in OF_CLASS:
            row |= limits.measured(name, means[name]) if name in means else _with_ends([name], {})
        row |= _with_ends(OF_SOURCE, row_of_all(item))
        row |= _with_ends(OF_POOL, row_of_pool(item))
        if classifier is not None:
            row |= {"classifier": classifier, **accuracies.get(item.source, {})}
        rows.append(row)
    return described_table(rows)


def classes_table(
    measured: Sequence[Measured],
    trainings: Sequence[Training],
    classifier: str | None,
    names: Mapping[str, str],
) -> pa.Table:
    """Join measures and accuracies class by class: a row a class, source and encoder."""
    accuracies = {
        source: (training.training_set, accuracies_of(training, draws=100))
        for source, training in trained_alone(trainings, classifier).items()
    }
    rows = []
    for item in measured:
        together = {found["class_id"]: found for found in _rows(item.together)}
        for number, path in enumerate(item.classes):
            (alone,) = _rows(path)
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
    return described_table(rows)


def classifiers_table(trainings: Sequence[Training], draws: int) -> pa.Table:
    """The accuracies of all classifiers on all training sets, mixtures among them."""
    rows = [
        {
            "classifier": training.classifier,
            "training_set": training.training_set,
            "trainings": len(training.predictions),
            **_accuracy_columns(accuracies_of(training, draws)),
        }
        for training in trainings
    ]
    return described_table(rows)


def trained_alone(trainings: Sequence[Training], classifier: str | None) -> dict[str, Training]:
    """Of each source the first training set that consists of it alone.

    There may be several: mixtures of one source, of different sizes.
    """
    found: dict[str, Training] = {}
    for training in trainings:
        if training.classifier == classifier and len(training.sources) == 1:
            found.setdefault(training.sources[0], training)
    return found


def rows_of_classes(item: Measured) -> list[Row]:
    """The rows of the single classes of a source, in order."""
    return [row for path in item.classes for row in _rows(path)]


def row_of_all(item: Measured) -> Row:
    """The row for all classes together."""
    (row,) = [found for found in _rows(item.together) if found["class_id"] is None]
    return row


def row_of_pool(item: Measured) -> Row:
    """The row for all images as one set."""
    (row,) = _rows(item.pooled)
    return row


def estimates_in(row: Row) -> dict[str, Estimate]:
    """The measures of a row that have replicates."""
    names = [key.removesuffix(REPLICATES) for key in row if key.endswith(REPLICATES)]
    return {
        name: Estimate(row[name], row[name + REPLICATES])
        for name in names
        if row[name + REPLICATES] is not None
    }


def over_classes(rows: Sequence[Row]) -> dict[str, Estimate]:
    """Average the measures that all classes have, and their replicates."""
    of_classes = [estimates_in(row) for row in rows]
    return {
        name: Estimate(
            float(np.mean([found[name].value for found in of_classes])),
            np.mean([found[name].replicates for found in of_classes], axis=0),
        )
        for name in of_classes[0]
        if all(name in found for found in of_classes)
    }


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


def _accuracy_columns(found: Mapping[str, Share]) -> Row:
    row: Row = {}
    for name, accuracy in found.items():
        row |= columns(name, accuracy.overall.value, accuracy.overall_interval)
    return row


def _with_ends(names: Sequence[str], found: Row) -> Row:
    """The columns of some measures; those that do not apply are empty."""
    return {
        f"{name}{end}": found.get(f"{name}{end}") for name in names for end in ("", "_low", "_high")
    }


def _rows(path: str | Path) -> Iterator[Row]:
    """The rows of a table; replicates become arrays, not lists of objects."""
    table = read(path)
    lists = [field.name for field in table.schema if pa.types.is_list(field.type)]
    for number, row in enumerate(table.drop_columns(lists).to_pylist()):
        for name in lists:
            cell = table[name].slice(number, 1).combine_chunks()
            row[name] = None if cell.null_count else cell.flatten().to_numpy()
        yield row


def described_table(rows: Sequence[Row]) -> pa.Table:
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
