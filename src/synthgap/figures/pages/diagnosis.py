"""The page of the diagnosis: which classes suffer from which cause."""

from collections.abc import Hashable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from synthgap.figures.pages.rendering import write_page
from synthgap.numbers import NOTHING, number

SHOWN = 1000
"""Classes on the page; the tables hold all of them."""

MEANINGS = {
    "ambiguity": "share of images that another class takes",
    "adherence": "share of images that fit their own prompt best",
    "diversity": "centroid distance as a ratio to natural",
    "concept": "shift of the class mean",
}
"""Of each cause what its numbers are."""


class Cause(NamedTuple):
    """A cause, and what its numbers are."""

    name: str
    meaning: str


class Variant(NamedTuple):
    """A variant, and of each cause how many classes suffer from it."""

    name: str
    counts: list[str]


class Verdict(NamedTuple):
    """The numbers of a class and cause."""

    numbers: str
    measured: bool
    suffers: bool


class Class(NamedTuple):
    """A class of a variant that suffers from something."""

    variant: str
    name: str
    verdicts: list[Verdict]
    """One a cause."""
    first: str
    """The cause to mend first, and why."""
    advice: str


class Encoder(NamedTuple):
    """What the page shows of an encoder."""

    name: str
    causes: list[Cause]
    variants: list[Variant]
    classes: list[Class]
    suffering: int
    """Classes that suffer, of which `classes` are the first."""


def write_diagnosis(path: str | Path, diagnosis: pd.DataFrame, causes: pd.DataFrame) -> None:
    """Write how many classes suffer from each cause, and then each class that suffers from any.

    Args:
        path: where to, HTML.
        diagnosis: `summary/diagnosis`, a row an encoder, variant, class and cause.
        causes: `summary/causes`, a row an encoder, variant and cause.
    """
    encoders = [
        _encoder(str(name), rows, causes[causes["encoder"] == name])
        for name, rows in diagnosis.groupby("encoder", sort=False)
    ]
    write_page(path, "diagnosis", encoders=encoders)


def _encoder(name: str, diagnosis: pd.DataFrame, causes: pd.DataFrame) -> Encoder:
    named = list(dict.fromkeys(causes["cause"]))
    suffering = list(_suffering(diagnosis))
    return Encoder(
        name,
        [Cause(cause, MEANINGS[cause]) for cause in named],
        [
            Variant(str(source), [_count(row) for row in rows.to_dict("records")])
            for source, rows in causes.groupby("source", sort=False)
        ],
        [_class(group, named) for group in islice(suffering, SHOWN)],
        len(suffering),
    )


def _count(row: Mapping[Hashable, Any]) -> str:
    return f"{row['suffer']} of {row['classes']}" if row["classes"] else "not measured"


def _suffering(diagnosis: pd.DataFrame) -> Iterator[list[dict[Hashable, Any]]]:
    """The rows of each class of each variant that suffers from anything."""
    for _, group in diagnosis.groupby(["source", "class_id"], sort=False):
        rows = group.to_dict("records")
        if any(_suffers(row) for row in rows):
            yield rows


def _suffers(row: Mapping[Hashable, Any]) -> bool:
    # A cause that was not measured is no verdict.
    return not pd.isna(row["suffers"]) and bool(row["suffers"])


def _class(rows: list[dict[Hashable, Any]], causes: list[str]) -> Class:
    first = next(row for row in rows if _suffers(row))
    by_cause = {row["cause"]: _verdict(row) for row in rows}
    return Class(
        first["source"],
        f"{first['class_id']} {first['name']}",
        [by_cause[cause] for cause in causes],
        f"{first['cause']}: {first['reason']}",
        first["advice"],
    )


def _verdict(row: Mapping[Hashable, Any]) -> Verdict:
    if pd.isna(row["value"]):
        return Verdict(NOTHING, measured=False, suffers=False)
    numbers = f"{number(row['value'])} ({number(row['natural'])})"
    return Verdict(numbers, measured=True, suffers=_suffers(row))
