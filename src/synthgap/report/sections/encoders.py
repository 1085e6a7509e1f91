"""The section of encoders side by side: a table, and what of it the intervals decide."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from synthgap.numbers import NOTHING, Written, in_row
from synthgap.report.rendering import rendered
from synthgap.summary.ordered_by import ORDERS

SEPARABILITY, WITHOUT_GAP = "linear_separability", "separability_without_gap"

CHANCE = 0.5

ACCURACIES = {
    "zero_shot_accuracy": "zero-shot accuracy",
    "centroid_accuracy": "centroid accuracy",
}
"""Of which sentences say whether they hold."""

COLUMNS = {
    SEPARABILITY: "separable, classes held out",
    WITHOUT_GAP: "the same without the gap, no hyperplane",
    "modality_gap": "modality gap",
    "zero_shot_accuracy": "zero-shot accuracy",
    "centroid_accuracy": "centroid accuracy, natural",
}
"""Of the first table, with what they are called."""

Row = dict[Any, Any]


class Encoder(NamedTuple):
    """A row of both tables."""

    name: str
    in_sample: str
    cells: list[Written]
    differences: list[Written]
    """Of the same columns from the encoder that it is compared with; none for itself."""
    orders: list[tuple[Written, str]]
    """Of each order of variants tau, and how many of the pairs that both decide are turned."""


class Said(NamedTuple):
    """A sentence, and the encoders of which it holds."""

    text: str
    encoders: Sequence[str] = ()
    """Each with its separability and what became of accuracy."""


def encoders_section(encoders: pd.DataFrame) -> Markup:
    """Write the encoders side by side, and which of them removed the separability.

    Args:
        encoders: `summary/encoders`, a row an encoder.
    """
    rows = encoders.to_dict("records")
    (first,) = [row for row in rows if pd.isna(row["compared_with"])]
    known = [column for column in COLUMNS if encoders[column].notna().any()]
    return rendered(
        "encoders",
        first=first["encoder"],
        prompts_of=next((row["prompts_of"] for row in rows if pd.notna(row["prompts_of"])), None),
        columns=[COLUMNS[column] for column in known],
        orders=list(ORDERS.values()),
        encoders=[_encoder(row, known) for row in rows],
        said=sentences(rows),
    )


def _encoder(row: Row, columns: Sequence[str]) -> Encoder:
    compared = pd.notna(row["compared_with"])
    return Encoder(
        row["encoder"],
        _in_sample(row),
        [in_row(row, column) for column in columns],
        [in_row(row, f"{column}_difference", signed=True) for column in columns if compared],
        [
            (in_row(row, f"{column}_tau", 2), f"{row[f'{column}_turned']:.0f} of {decided:.0f}")
            for column in ORDERS
            if pd.notna(decided := row[f"{column}_decided"])
        ],
    )


def _in_sample(row: Row) -> str:
    if pd.isna(row["separable_in_sample"]):
        return NOTHING
    return "yes" if row["separable_in_sample"] else "no"


def sentences(rows: Sequence[Row]) -> list[Said]:
    """Say which encoders removed the separability, and what became of accuracy.

    Removed is what lies below the first encoder's by the paired interval and is not above chance by
    its own.

    Args:
        rows: of `summary/encoders`; one of them is compared with none.
    """
    (first,) = [row for row in rows if pd.isna(row["compared_with"])]
    others = [row for row in rows if row is not first and pd.notna(row[SEPARABILITY])]
    if pd.isna(first[SEPARABILITY]) or not others:
        return []
    said = [
        Said(
            f"{first['encoder']}: on classes held out, {in_row(first, SEPARABILITY)} of prompts "
            "and images are told right by a hyperplane (by chance 0.5)"
            + ("." if _above(first) else ": nothing decided that could be removed.")
        )
    ]
    groups: dict[str, list[Row]] = {text: [] for text in GROUPS.values()}
    for row in others:
        groups[GROUPS[_change(row)]].append(row)
    said += [Said(text, [_with_accuracy(row) for row in of]) for text, of in groups.items() if of]
    if first["separable_in_sample"] == 1:
        still = [row["encoder"] for row in others if row["separable_in_sample"] == 1]
        whose = (
            "every encoder" if len(still) == len(others) else ", ".join([first["encoder"], *still])
        )
        said.append(
            Said(
                "In the sample, where nothing is held out, a hyperplane tells all prompts from all "
                f"images of {whose}"
                + ("." if len(still) == len(others) else ", and none of others.")
            )
        )
    return said


GROUPS = {
    "removed": "Separability on classes held out is removed:",
    "lowered": "Lowered, and still above chance:",
    "raised": "Raised:",
    "undecided": "No difference decided:",
}
"""What became of the separability, in words."""


def _change(row: Row) -> str:
    if row[f"{SEPARABILITY}_difference_high"] < 0:
        return "lowered" if _above(row) else "removed"
    return "raised" if row[f"{SEPARABILITY}_difference_low"] > 0 else "undecided"


def _above(row: Row) -> bool:
    return bool(row[f"{SEPARABILITY}_low"] > CHANCE)


def _with_accuracy(row: Row) -> str:
    """The encoder, its separability, and what the intervals say of its accuracies."""
    # Where the means nearly meet, leaving classes out moves them past each other.
    below = " (below chance)" if row[f"{SEPARABILITY}_high"] < CHANCE else ""
    said = [f"{row['encoder']}: {in_row(row, SEPARABILITY)}{below}"]
    if pd.notna(row[WITHOUT_GAP]):
        said.append(f"without the gap and with no hyperplane {in_row(row, WITHOUT_GAP)}")
    for column, name in ACCURACIES.items():
        low, high = (row[f"{column}_difference_{end}"] for end in ("low", "high"))
        if pd.isna(low):
            continue
        way = "higher" if low > 0 else "lower" if high < 0 else "not decided"
        said.append(f"{name} {way}, {in_row(row, f'{column}_difference', signed=True)}")
    return "; ".join(said)
