"""The first screen: the verdict's sentences, how many classes have each defect, and accuracies."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from synthgap.numbers import in_row
from synthgap.report.facts import Facts
from synthgap.report.study_data import ICONS
from synthgap.summary.causes import DEFECTS, NAMES, counted
from synthgap.summary.verdict import ACCURACIES, BASELINE


class Bar(NamedTuple):
    """How many classes of a variant have a defect."""

    cause: str
    icon: str
    text: str
    """In words."""
    said: str
    percent: float
    measured: bool


class Interval(NamedTuple):
    """A number on an axis, all in per cent of the axis."""

    text: str
    at: float
    low: float
    width: float


class Line(NamedTuple):
    """A source on the first screen."""

    source: str
    natural: bool
    bars: list[Bar]
    accuracy: Interval | None


class Axis(NamedTuple):
    """The accuracies of all sources, on one axis."""

    name: str
    low: str
    high: str
    band: Interval
    """That of natural images."""


class Heading(NamedTuple):
    """A defect's column."""

    cause: str
    icon: str
    name: str


def defects() -> list[Heading]:
    """The columns of defects, in their order."""
    return [Heading(cause, ICONS[cause], name) for cause, name in NAMES.items()]


def lines(
    facts: Facts, variants: pd.DataFrame, causes: pd.DataFrame, measure: str | None
) -> tuple[list[Line], Axis | None]:
    """Lay out the table of the first screen.

    Args:
        facts: the study.
        variants: `summary/variants` of the headline encoder.
        causes: `summary/causes` of the headline encoder.
        measure: the accuracy that is shown, which all sources have; None without.

    Returns:
        A line a source, natural images first; and their axis, None where no accuracy was measured.
    """
    rows = {row["source"]: row for row in variants.to_dict("records")}
    placed: dict[str, Interval] = {}
    axis = None
    if measure is not None:
        ends = _ends([rows[source] for source in facts.sources], measure)
        placed = {source: _placed(rows[source], measure, *ends) for source in facts.sources}
        axis = Axis(ACCURACIES[measure], f"{ends[0]:.2f}", f"{ends[1]:.2f}", placed[BASELINE])
    counts = {(row["source"], row["cause"]): row for row in causes.to_dict("records")}
    return [
        Line(
            source,
            source == BASELINE,
            []
            if source == BASELINE
            else [_bar(cause, counts.get((source, cause))) for cause in DEFECTS],
            placed.get(source),
        )
        for source in facts.sources
    ], axis


def _ends(rows: Sequence[Mapping[Any, Any]], measure: str) -> tuple[float, float]:
    """Of the axis: all intervals, with some air."""
    values = [
        row[f"{measure}{end}"]
        for row in rows
        for end in ("", "_low", "_high")
        if not pd.isna(row[f"{measure}{end}"])
    ]
    air = max(0.05 * (max(values) - min(values)), 0.005)
    return max(0.0, min(values) - air), min(1.0, max(values) + air)


def _placed(row: Mapping[Any, Any], measure: str, low: float, high: float) -> Interval:
    def per_cent(value: float) -> float:
        return round(100 * (value - low) / (high - low), 2)

    value, least, most = (row[f"{measure}{end}"] for end in ("", "_low", "_high"))
    least, most = (value if pd.isna(end) else end for end in (least, most))
    return Interval(
        str(in_row(row, measure)),
        per_cent(value),
        per_cent(least),
        per_cent(most) - per_cent(least),
    )


def _bar(cause: str, row: Mapping[Any, Any] | None) -> Bar:
    if row is None or not row["classes"]:
        return Bar(cause, ICONS[cause], "not measured", "–", 0.0, measured=False)
    suffer, classes = int(row["suffer"]), int(row["classes"])
    text, said = counted(cause, suffer, classes), f"{suffer} of {classes}"
    if "ever" in row:
        text = f"{text} in all {row['replicates']} {row['unit']}, {row['ever']} in any"
        said = said if row["ever"] == suffer else f"{suffer}\N{EN DASH}{row['ever']} of {classes}"
    return Bar(
        cause,
        ICONS[cause],
        text,
        said,
        round(100 * suffer / classes, 1),
        measured=True,
    )
