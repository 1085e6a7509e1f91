"""Sentences on near-duplicates, made of their table alone: which sources decidedly have some."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from synthgap.numbers import counted, with_interval

VAL = "natural-val"
"""What accuracies are measured on."""


def sentences(leaks: pd.DataFrame) -> list[str]:
    """Say of each source with decidedly more near-duplicates than by chance what that means.

    Args:
        leaks: `summary/leaks`.
    """
    return [
        f"{row['source']}: {row['near_duplicates']:,} of {counted(row['images'], 'image')} are "
        f"near-duplicates of {counted(row['originals'], 'natural-train image')}, where chance "
        f"gives {by_chance_written(row)}; {_meaning(row['source'])}."
        for row in leaks[leaks["decided"].eq(True)].to_dict("records")
    ]


def of_variant(leaks: pd.DataFrame, source: str) -> str:
    """Say how many near-duplicates a variant has, few or none among them, beside chance.

    Args:
        leaks: `summary/leaks`.
        source: the variant.
    """
    (row,) = leaks[leaks["source"] == source].to_dict("records")
    decided = "more than chance gives" if row["decided"] is True else "not decidedly more"
    return (
        f"{row['near_duplicates']} of {counted(row['images'], 'different image')} are "
        f"near-duplicates of {counted(row['originals'], 'natural-train image')} of their class, "
        f"where chance gives {by_chance_written(row)}: {decided}."
    )


def by_chance_written(row: Mapping[Any, Any]) -> str:
    """The number that chance gives, and its interval, which are counts."""
    low, high = (f"{row[f'expected_{end}']:.0f}" for end in ("low", "high"))
    return f"{with_interval(row['expected'], None, None, 1)} [{low}, {high}]"


def _meaning(source: str) -> str:
    if source == VAL:
        return "natural-val lies in natural-train in part, and accuracies on it are too high"
    return "it copies natural images"
