"""The classes in numbers, as the page's table of classes has them, and which are the worst."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from synthgap.report.facts import Facts
from synthgap.summary.causes import DEFECTS
from synthgap.summary.verdict import ACCURACIES, BASELINE

NUMBERS = ("centroid_distance", "centroid_shift")
"""Measures of a class that the table shows beside its accuracy."""


class Row(NamedTuple):
    """A class of a variant."""

    number: int
    """Of the class, in the study's order."""
    variant: str
    defects: list[int | None]
    """Of each defect 1 if the class has it, 0 if not, None where it could not be looked for."""
    distance: float | None
    natural_distance: float | None
    shift: float | None
    accuracy: float | None
    difference: float | None
    """The accuracy minus that of natural-train."""

    @property
    def badness(self) -> tuple[int, float, float]:
        """By which the worst class stands first: its defects, the accuracy lost, the shift."""
        return (
            sum(defect == 1 for defect in self.defects),
            -(self.difference or 0.0),
            self.shift or 0.0,
        )


def accuracy_of(
    classes: pd.DataFrame, sources: Sequence[str], ranked_by: str | None = None
) -> str | None:
    """The accuracy of single classes that the table shows: one that all sources have.

    Args:
        classes: `summary/classes` of an encoder, or any table with a row or more a source.
        sources: natural-train and the variants.
        ranked_by: by what the verdict ranks the variants, which comes first.
    """
    for measure in [ranked_by, *ACCURACIES] if ranked_by else ACCURACIES:
        if measure in classes and set(sources) <= set(classes.dropna(subset=measure)["source"]):
            return measure
    return None


def class_rows(
    facts: Facts, classes: pd.DataFrame, diagnosis: pd.DataFrame, accuracy: str | None
) -> list[Row]:
    """Join what is known of each class and variant.

    Args:
        facts: the study.
        classes: `summary/classes` of the headline encoder.
        diagnosis: `summary/diagnosis` of the headline encoder.
        accuracy: column of `classes` that is shown as accuracy; None without.
    """
    number = facts.numbers
    by_source: dict[tuple[str, str], Mapping[Any, Any]] = {
        (row["source"], row["class_id"]): row for row in classes.to_dict("records")
    }
    suffers: dict[tuple[str, str], dict[str, int | None]] = {}
    for row in diagnosis.to_dict("records"):
        verdicts = suffers.setdefault((row["source"], row["class_id"]), {})
        verdicts[row["cause"]] = None if pd.isna(row["suffers"]) else int(row["suffers"])
    rows = []
    for variant in facts.variants:
        for class_id in facts.class_ids:
            own, natural = by_source[variant.name, class_id], by_source[BASELINE, class_id]
            verdicts = suffers.get((variant.name, class_id), {})
            reached = None if accuracy is None else _known(own[accuracy])
            possible = None if accuracy is None else _known(natural[accuracy])
            rows.append(
                Row(
                    number[class_id],
                    variant.name,
                    [verdicts.get(cause) for cause in DEFECTS],
                    _known(own[NUMBERS[0]]),
                    _known(natural[NUMBERS[0]]),
                    _known(own[NUMBERS[1]]),
                    reached,
                    None if reached is None or possible is None else reached - possible,
                )
            )
    return rows


def worst_first(rows: Sequence[Row]) -> list[Row]:
    """The rows, those with most defects first, then those that lose most accuracy."""
    return sorted(rows, key=lambda row: row.badness, reverse=True)


def _known(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
