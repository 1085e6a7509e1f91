"""The page of mixtures: what synthetic images add to natural ones, and what one is worth."""

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from synthgap.numbers import NOTHING, Written, in_row, number
from synthgap.report.rendering import rendered

Row = Mapping[Hashable, Any]


class MixtureRow(NamedTuple):
    """A training set."""

    name: str
    pretrained_on: str
    natural: str
    synthetic: str
    top1: Written
    gain: Written
    decided: bool
    equivalent: Written
    worth: Written


class OfClassifier(NamedTuple):
    """The training sets of a classifier."""

    name: str
    trainings: int
    rows: list[MixtureRow]


def mixtures_section(mixtures: pd.DataFrame) -> Markup:
    """Write each training set with its accuracy, its gain and how many natural images it is worth.

    Args:
        mixtures: `summary/mixtures`.
    """
    compared = mixtures[mixtures["gain"].notna()]
    return rendered(
        "mixtures",
        classifiers=[
            _of_classifier(str(name), rows)
            for name, rows in mixtures.groupby("classifier", sort=False)
        ],
        comparisons=len(compared),
        better=int((compared["decided"].eq(True) & (compared["gain"] > 0)).sum()),
        worse=int((compared["decided"].eq(True) & (compared["gain"] < 0)).sum()),
        by_chance=number(0.05 * len(compared), 1),
    )


def _of_classifier(name: str, rows: pd.DataFrame) -> OfClassifier:
    alone = rows[(rows["synthetic"] == 0) & rows["pretrained_on"].isna()]
    ends = float(alone["natural"].min()), float(alone["natural"].max())
    return OfClassifier(
        name,
        int(rows["trainings"].iloc[0]),
        [
            MixtureRow(
                row["training_set"],
                row["pretrained_on"] if isinstance(row["pretrained_on"], str) else NOTHING,
                f"{row['natural']:g}",
                row["synthetic_of"] or NOTHING,
                in_row(row, "top1"),
                in_row(row, "gain", signed=True),
                row["decided"] is True,
                _on_curve(row, "equivalent", ends, 1),
                _on_curve(
                    row,
                    "worth",
                    # Of natural images nothing is replaced.
                    tuple((end - row["natural"]) / (row["synthetic"] or 1) for end in ends),
                    2,
                ),
            )
            for row in rows.to_dict("records")
        ],
    )


def _on_curve(row: Row, column: str, ends: tuple[float, ...], decimals: int) -> Written:
    """A number of the curve with its interval; beyond an end of the curve, that end."""
    if row["place"] is None or pd.isna(row["place"]):
        return Written(NOTHING)
    below, above = (f"{sign} {number(end, decimals)}" for sign, end in zip("<>", ends, strict=True))
    value = {"inside": number(row[column], decimals), "below": below, "above": above}
    low, high = row[f"{column}_low"], row[f"{column}_high"]
    said = [
        below if pd.isna(low) else number(low, decimals),
        above if pd.isna(high) else number(high, decimals),
    ]
    return Written(value[row["place"]], f"[{', '.join(said)}]")
