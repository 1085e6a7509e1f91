"""The page of the diagnosis: which classes have which defect."""

from collections.abc import Hashable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from synthgap.numbers import NOTHING, number
from synthgap.report.rendering import rendered
from synthgap.summary.causes import NAMES, counted

SHOWN = 200
"""Classes on the page; the tables hold all of them."""

MEANINGS = {
    "ambiguity": "share of images that another class takes",
    "adherence": "share of images that fit their own prompt best",
    "diversity": "centroid distance as a ratio to natural",
    "concept": "shift of the class mean",
}
"""Of each cause what its numbers are."""


class Defect(NamedTuple):
    """A defect, and what its numbers are."""

    name: str
    meaning: str


class Variant(NamedTuple):
    """A variant, and of each defect how many classes have it."""

    name: str
    counts: list[str]


class Verdict(NamedTuple):
    """The numbers of a class and defect."""

    numbers: str
    measured: bool
    suffers: bool


class Class(NamedTuple):
    """A class of a variant that has a defect."""

    variant: str
    name: str
    verdicts: list[Verdict]
    """One a defect."""
    first: str
    """The defect to mend first, and why."""
    advice: str


class Encoder(NamedTuple):
    """What the page shows of an encoder."""

    name: str
    defects: list[Defect]
    variants: list[Variant]
    classes: list[Class]
    suffering: int
    """Classes that have a defect, of which `classes` are the first."""


def diagnosis_section(diagnosis: pd.DataFrame, causes: pd.DataFrame) -> Markup:
    """Write how many classes have each defect, and then each class that has any.

    Args:
        diagnosis: `summary/diagnosis`, a row an encoder, variant, class and cause.
        causes: `summary/causes`, a row an encoder, variant and cause.
    """
    encoders = [
        _encoder(str(name), rows, causes[causes["encoder"] == name])
        for name, rows in diagnosis.groupby("encoder", sort=False)
    ]
    return rendered("diagnosis", encoders=encoders)


def _encoder(name: str, diagnosis: pd.DataFrame, causes: pd.DataFrame) -> Encoder:
    named = list(dict.fromkeys(causes["cause"]))
    suffering = sorted(_suffering(diagnosis), key=_defects, reverse=True)
    return Encoder(
        name,
        [Defect(NAMES[cause], MEANINGS[cause]) for cause in named],
        [
            Variant(str(source), [_count(row) for row in rows.to_dict("records")])
            for source, rows in causes.groupby("source", sort=False)
        ],
        [_class(group, named) for group in islice(suffering, SHOWN)],
        len(suffering),
    )


def _count(row: Mapping[Hashable, Any]) -> str:
    if not row["classes"]:
        return "not measured"
    return counted(row["cause"], row["suffer"], row["classes"])


def _suffering(diagnosis: pd.DataFrame) -> Iterator[list[dict[Hashable, Any]]]:
    """The rows of each class of each variant that has a defect."""
    of_class: dict[tuple[str, str], list[dict[Hashable, Any]]] = {}
    for row in diagnosis.to_dict("records"):
        of_class.setdefault((row["source"], row["class_id"]), []).append(row)
    for rows in of_class.values():
        if any(map(_suffers, rows)):
            yield rows


def _defects(rows: list[dict[Hashable, Any]]) -> int:
    return sum(map(_suffers, rows))


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
        f"{NAMES[first['cause']]}: {first['reason']}",
        first["advice"],
    )


def _verdict(row: Mapping[Hashable, Any]) -> Verdict:
    if pd.isna(row["value"]):
        return Verdict(NOTHING, measured=False, suffers=False)
    numbers = f"{number(row['value'])} ({number(row['natural'])})"
    return Verdict(numbers, measured=True, suffers=_suffers(row))
