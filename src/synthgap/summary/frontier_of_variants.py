"""The frontier of all variants of a study, whatever they differ in; of a sweep it is `frontier`."""

from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa

from synthgap.described import Columns
from synthgap.measures.intervals.estimates import Row
from synthgap.summary.frontier import ACCURACIES, AXES, pareto

SAME = 9
"""Decimals to which numbers are equal: what rounding sets apart is the same."""

ON_FRONTIER: Columns = {
    "on_frontier": (
        pa.bool_(),
        "whether no other variant is as high in adherence and in centroid distance, and higher in "
        "one of them; empty where one is missing, and of natural sources",
    ),
    **{
        f"on_frontier_with_{name}": (
            pa.bool_(),
            f"the same of adherence, centroid distance and {name}",
        )
        for name in ACCURACIES
    },
}


def with_frontiers(rows: Sequence[Row], variants: Collection[str]) -> list[Row]:
    """Say of each variant whether another one beats it in everything.

    Of variants that lack one of the measures nothing is said, and they beat none.

    Args:
        rows: a row a source, of one encoder, with its measures.
        variants: sources that are compared.

    Returns:
        The rows, those of variants with the columns of `ON_FRONTIER`.
    """
    found = [dict(row) for row in rows]
    for name in ON_FRONTIER:
        third = name.removeprefix("on_frontier").removeprefix("_with_")
        axes = (*AXES, *filter(None, [third]))
        known = [
            row
            for row in found
            if row["source"] in variants and all(row.get(axis) is not None for axis in axes)
        ]
        if known:
            points = np.array([[row[axis] for axis in axes] for row in known], float)
            for row, on in zip(known, pareto(points.round(SAME)), strict=True):
                row[name] = bool(on)
    return found
