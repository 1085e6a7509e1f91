"""What was measured of a source, read from the tables of its classes, of all and of the pool."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from synthgap.described import Described, with_interval
from synthgap.measures.intervals.estimates import Estimate, Row
from synthgap.measures.measure import Column, columns_of
from synthgap.measures.tables import of_class, of_source, pooled
from synthgap.tables import read

OF_CLASS = columns_of(of_class.MEASURES)
OF_SOURCE = columns_of(of_source.MEASURES)
OF_POOL = columns_of(pooled.MEASURES)
"""Columns of the measures of single classes, of all classes, and of all images as one set."""

REPLICATES = "_replicates"
"""Ends the names of columns that hold the replicates of a measure."""

ENCODER = (pa.string(), "model whose embeddings were measured")
SOURCE = (pa.string(), "variant, natural-train or natural-val")
IMAGES = (pa.int64(), "images that the source has")
N = (
    pa.int64(),
    "images a class that were measured (the smallest class's number in a row for all)",
)
"""Columns of several summaries."""


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


def described(columns: Mapping[str, Column]) -> dict[str, Described]:
    """The columns of measures and their intervals in a summary."""
    return {
        name: described
        for column, said in columns.items()
        for name, described in with_interval(
            column, said.text, name=said.title, family=str(said.family)
        ).items()
    }


def with_ends(columns: Mapping[str, Column], found: Row) -> Row:
    """What a row holds of some measures and their intervals; what does not apply is left out."""
    ends = (f"{name}{end}" for name in columns for end in ("", "_low", "_high"))
    return {name: found[name] for name in ends if name in found}


def rows_of_classes(item: Measured) -> list[Row]:
    """The rows of the single classes of a source, in order."""
    return [row for path in item.classes for row in rows_of(path)]


def row_of_all(item: Measured) -> Row:
    """The row for all classes together."""
    (row,) = [found for found in rows_of(item.together) if found["class_id"] is None]
    return row


def row_of_pool(item: Measured) -> Row:
    """The row for all images as one set."""
    (row,) = rows_of(item.pooled)
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


def rows_of(path: str | Path) -> Iterator[Row]:
    """The rows of a table; replicates become arrays, not lists of objects."""
    table = read(path)
    lists = [field.name for field in table.schema if pa.types.is_list(field.type)]
    for number, row in enumerate(table.drop_columns(lists).to_pylist()):
        for name in lists:
            cell = table[name].slice(number, 1).combine_chunks()
            row[name] = None if cell.null_count else cell.flatten().to_numpy()
        yield row
