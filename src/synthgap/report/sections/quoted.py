"""The page of what is quoted from the paper, what is our reading of it, and what is ours."""

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from synthgap.numbers import decimals_for, in_row, number
from synthgap.report.rendering import rendered
from synthgap.summary.causes import NAMES


class Distance(NamedTuple):
    """A variant's centroid distance in this study."""

    source: str
    value: str


class Distances(NamedTuple):
    """Order and ratios of the centroid distances."""

    ordered: list[Distance]
    as_quoted: bool
    """Whether this is the quoted order."""
    quoted_ratios: list[str]
    ratios: list[str]


class Effect(NamedTuple):
    """What diversity and shift cost a variant, with intervals."""

    source: str
    diversity: str
    shift: str
    difference: str
    verdict: str


class Separability(NamedTuple):
    """Least and greatest over the variants."""

    least: str
    most: str


def quoted_section(variants: pd.DataFrame, quoted: pd.DataFrame) -> Markup:
    """Write what the paper says beside what this study found, each marked as what it is.

    Args:
        variants: the summary of one encoder, a row a source.
        quoted: `summary/quoted` of this encoder, a row a variant that the paper has too.
    """
    return rendered(
        "quoted",
        distances=_distances(quoted),
        effects=_effects(variants),
        separability=_separability(variants),
        defects=list(NAMES.values()),
    )


def _distances(quoted: pd.DataFrame) -> Distances | None:
    """Order and ratios of the centroid distances, if the study has all three variants."""
    if quoted.empty:
        return None
    ordered = quoted.sort_values("place").to_dict("records")
    return Distances(
        [Distance(row["source"], _three_digits(row["centroid_distance"])) for row in ordered],
        bool((quoted["place"] == quoted["quoted_place"]).all()),
        [number(ratio) for ratio in quoted["quoted_ratio"]],
        [number(ratio) for ratio in quoted["ratio"]],
    )


def _three_digits(distance: float) -> str:
    # Its scale is that of the encoder, as the quoted ones have that of another.
    return number(distance, decimals_for([distance]))


def _effects(variants: pd.DataFrame) -> list[Effect]:
    """What diversity and shift cost each variant, if that was measured."""
    parts = ["gap_from_diversity", "gap_from_shift", "diversity_minus_shift"]
    if not set(parts) <= set(variants):
        return []
    return [_effect(row) for row in variants.dropna(subset=parts).to_dict("records")]


def _effect(row: Mapping[Hashable, Any]) -> Effect:
    """One variant's parts, and which of them is larger, if their paired difference says so."""
    if row["diversity_minus_shift_low"] > 0:
        verdict = "diversity costs more"
    elif row["diversity_minus_shift_high"] < 0:
        verdict = "shift costs more"
    else:
        verdict = "undecided which costs more"
    return Effect(
        row["source"],
        str(in_row(row, "gap_from_diversity")),
        str(in_row(row, "gap_from_shift")),
        str(in_row(row, "diversity_minus_shift")),
        verdict,
    )


def _separability(variants: pd.DataFrame) -> Separability | None:
    """Separability of prompts and images, if there are embeddings of prompts."""
    separable = variants["linear_separability"].dropna()
    if separable.empty:
        return None
    return Separability(number(separable.min()), number(separable.max()))
