"""What is known of how prompts and images lie in an encoder's space, in plain sentences.

Four things that are easily taken for one: whether a hyperplane fits the sample, and whether one
would fit any labels; whether one holds for classes that it has not seen; how far the two means lie
apart; how far the nearest points do.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from synthgap.numbers import in_row, number

LISTED = 5
"""Variants that a sentence names; of more it says how many."""

Row = Mapping[Any, Any]
"""Of the summary."""


def geometry(variants: pd.DataFrame, encoder: str) -> list[str]:
    """Say of prompts and images whether hyperplanes tell them apart, and what that tells.

    Args:
        variants: `summary/variants`, a row a source and encoder.
        encoder: whose space is spoken of.

    Returns:
        Sentences, each of the variants of which it holds, in the order in sample, held out, gap,
        what is left without it. None where the encoder has no embeddings of prompts.
    """
    rows = variants[variants["encoder"] == encoder].to_dict("records")
    said = []
    for column, sentence in SENTENCES.items():
        known = [row for row in rows if pd.notna(row.get(column))]
        kinds = dict.fromkeys(sentence(row) for row in known)
        for kind in kinds:
            of_kind = [row for row in known if sentence(row) == kind]
            names = [str(row["source"]) for row in of_kind]
            text = kind.format(**{name: _values(of_kind, name) for name in SHOWN})
            said.append(f"{_whose(names, len(known))}: {text}.")
    return said


def _in_sample(row: Row) -> str:
    if not row["separable_in_sample"]:
        return (
            "no hyperplane tells all prompts from all images of the sample (of random groups of "
            "the same sizes a share of {random_labels_separable} can be told apart)"
        )
    found = (
        "a hyperplane tells all prompts from all images of the sample, the nearest of which lie "
        "{hard_margin} from the widest one"
    )
    share = row.get("random_labels_separable")
    if pd.isna(share):
        return found
    if share == 0:
        # Of 20 random groups none: by chance prompts and images would be the one in 21 that is.
        return found + (
            "; more than the number of dimensions brings about, since of random groups of the same "
            "sizes a share of {random_labels_separable} can be told apart"
        )
    much = "nothing" if share == 1 else "little"
    return found + (
        f"; that says {much}, since of random groups of the same sizes a share of "
        "{random_labels_separable} can be told apart too"
    )


def _held_out(row: Row) -> str:
    right = "on classes held out, {linear_separability} are told right (by chance 0.5)"
    return right + _against_chance(
        row,
        "linear_separability",
        above=": a direction holds beyond the classes that it was learnt from",
        below=": what was learnt of the other classes misleads",
        neither=": not decided that a direction holds beyond the classes that it was learnt from",
    )


def _gap(row: Row) -> str:
    return (
        "mean image and mean prompt lie {modality_gap} apart, which says where most points lie and "
        "nothing of the nearest ones"
    )


def _without_gap(row: Row) -> str:
    right = (
        "with the distance between the means removed, a machine that needs no hyperplane tells "
        "{separability_without_gap} right on classes held out (by chance 0.5)"
    )
    return right + _against_chance(
        row,
        "separability_without_gap",
        above=": they also differ in shape",
        below="",
        neither=": not decided that anything but the distance tells them apart",
    )


def _against_chance(row: Row, column: str, *, above: str, below: str, neither: str) -> str:
    """Choose by the interval: a missing one decides nothing."""
    low, high = (row.get(f"{column}_{end}") for end in ("low", "high"))
    if pd.notna(low) and low > 0.5:
        return above
    return below if pd.notna(high) and high < 0.5 else neither


SENTENCES: Mapping[str, Callable[[Row], str]] = {
    "separable_in_sample": _in_sample,
    "linear_separability": _held_out,
    "modality_gap": _gap,
    "separability_without_gap": _without_gap,
}
"""By the column that they need: what to say of a row, with places for numbers. Variants of which
the same is said share a sentence."""

SHOWN = (
    "hard_margin",
    "random_labels_separable",
    "linear_separability",
    "modality_gap",
    "separability_without_gap",
)
"""Columns whose numbers stand in sentences."""


def _values(rows: Sequence[Row], column: str) -> str:
    """The number of one row with its interval, or the least and the most of several."""
    if len(rows) == 1:
        return str(in_row(rows[0], column))
    values = [row[column] for row in rows if pd.notna(row.get(column))]
    if not values:
        return number(None)
    least, most = number(min(values)), number(max(values))
    return least if least == most else f"{least} to {most}"


def _whose(names: Sequence[str], known: int) -> str:
    if len(names) == known > 1:
        return "All variants"
    shown = ", ".join(names[:LISTED])
    return shown if len(names) <= LISTED else f"{shown} and {len(names) - LISTED} more"
