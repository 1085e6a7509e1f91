"""Encoders side by side: a row an encoder, compared with the one that the report shows first."""

from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path

import pyarrow as pa

from synthgap.described import Columns, Described, described_table, with_interval
from synthgap.measures.intervals.estimates import Estimate, Row, columns, difference, interval
from synthgap.measures.tables.zero_shot import NAME as ZERO_SHOT
from synthgap.summary.measured import (
    ENCODER,
    OF_SOURCE,
    Measured,
    estimates_in,
    over_classes,
    row_of_all,
    rows_of,
    rows_of_classes,
)
from synthgap.summary.ordered_by import ORDERS
from synthgap.summary.orders import agreement

OF_PROMPTS = (
    "separable_in_sample",
    "hard_margin",
    "random_labels_separable",
    "linear_separability",
    "separability_margin",
    "modality_gap",
    "separability_without_gap",
)
"""Measures of how prompts and images lie, from the table of one variant."""

COMPARED = (
    "linear_separability",
    "modality_gap",
    "separability_without_gap",
    ZERO_SHOT,
    "centroid_accuracy",
)
"""Of which the difference from the other encoder is given, paired."""


def _difference(column: str) -> dict[str, Described]:
    text = f"{column} minus that of the encoder that it is compared with"
    return with_interval(f"{column}_difference", text, note=", paired")


def _order(column: str, name: str) -> dict[str, tuple[pa.DataType, str] | Described]:
    return {
        **with_interval(
            f"{column}_tau",
            f"Kendall's rank correlation of the variants' {name} in both encoders; 1: one order",
        ),
        f"{column}_decided": (
            pa.int64(),
            f"pairs of variants that both encoders order by {name} beyond the 95 % intervals",
        ),
        f"{column}_turned": (pa.int64(), "of these, pairs that they order the other way round"),
    }


COLUMNS: Columns = {
    "encoder": ENCODER,
    "compared_with": (pa.string(), "the encoder that it is compared with; empty for itself"),
    "prompts_of": (
        pa.string(),
        "the variant whose prompts and images are told apart: that with most prompts",
    ),
    **{
        name: described
        for column in OF_PROMPTS
        for name, described in with_interval(column, OF_SOURCE[column].text).items()
    },
    **with_interval(
        ZERO_SHOT, "share of natural-val images whose own class's prompts score highest"
    ),
    **with_interval("centroid_accuracy", "centroid accuracy of natural-train on natural-val"),
    **{name: said for column in COMPARED for name, said in _difference(column).items()},
    **{
        name: said
        for column, called in ORDERS.items()
        for name, said in _order(column, called).items()
    },
}


def encoders_table(
    measured: Sequence[Measured],
    zero_shot: Mapping[str, str | Path],
    *,
    natural: str,
    reference: str | None,
    first: str,
) -> pa.Table:
    """Put encoders side by side: a row an encoder.

    Differences are paired: replicate b resamples the same images, queries and classes in every
    encoder. How a training would have come out with another seed, no interval knows.

    Args:
        measured: what was measured, of all encoders and sources.
        zero_shot: of each encoder that embeds prompts its table of zero-shot accuracy.
        natural: the source whose means classify natural-val.
        reference: the variant whose prompts and images are told apart; None if none has prompts.
        first: the encoder that the others are compared with.
    """
    by_place = {(item.encoder, item.source): item for item in measured}
    names = list(dict.fromkeys(item.encoder for item in measured))
    variants = [
        source
        for source in dict.fromkeys(item.source for item in measured)
        if not source.startswith("natural-")
    ]
    found = {name: _compared(by_place, zero_shot, name, natural, reference) for name in names}
    ordered = {name: _by_variant(by_place, name, variants) for name in names}
    rows = []
    for name in names:
        row: Row = {"encoder": name, "compared_with": None if name == first else first}
        if name in zero_shot and reference is not None:
            told = row_of_all(by_place[name, reference])
            row |= {"prompts_of": reference, **_with_ends(told, OF_PROMPTS)}
            (scored,) = rows_of(zero_shot[name])
            row |= _with_ends(scored, [ZERO_SHOT])
        row |= _with_ends(row_of_all(by_place[name, natural]), ["centroid_accuracy"])
        if name != first:
            row |= _differences(found[first], found[name])
            row |= _orders(ordered[first], ordered[name])
        rows.append(row)
    return described_table(rows, COLUMNS)


Places = Mapping[tuple[str, str], Measured]


def _compared(
    by_place: Places,
    zero_shot: Mapping[str, str | Path],
    name: str,
    natural: str,
    reference: str | None,
) -> dict[str, Estimate]:
    """What is compared of an encoder, with replicates."""
    found = {}
    if name in zero_shot and reference is not None:
        found = estimates_in(row_of_all(by_place[name, reference]))
        (scored,) = rows_of(zero_shot[name])
        found |= estimates_in(scored)
    # Of natural images, where a variant has the same measure.
    found["centroid_accuracy"] = estimates_in(row_of_all(by_place[name, natural]))[
        "centroid_accuracy"
    ]
    return {column: found[column] for column in COMPARED if column in found}


def _by_variant(by_place: Places, name: str, variants: Sequence[str]) -> dict[str, list[Estimate]]:
    """Of each measure that orders variants what it is of each, if all have it."""
    of_variants = [
        over_classes(rows_of_classes(by_place[name, variant]))
        | estimates_in(row_of_all(by_place[name, variant]))
        for variant in variants
    ]
    return {
        column: [found[column] for found in of_variants]
        for column in ORDERS
        if all(column in found for found in of_variants)
    }


def _with_ends(row: Row, names: Sequence[str]) -> Row:
    return {
        key: row[key]
        for name in names
        for key in (name, f"{name}_low", f"{name}_high")
        if key in row
    }


def _differences(first: Mapping[str, Estimate], other: Mapping[str, Estimate]) -> Row:
    row: Row = {}
    for column in COMPARED:
        if column in first and column in other:
            between = difference(first[column], other[column])
            row |= columns(f"{column}_difference", between.value, interval(between))
    return row


def _orders(first: Mapping[str, list[Estimate]], other: Mapping[str, list[Estimate]]) -> Row:
    row: Row = {}
    for column in ORDERS:
        if column not in first or column not in other or len(first[column]) < 2:
            continue
        found = agreement(first[column], other[column])
        if isfinite(found.tau):
            row |= columns(f"{column}_tau", found.tau, found.ends)
        row |= {f"{column}_decided": found.decided, f"{column}_turned": found.turned}
    return row
