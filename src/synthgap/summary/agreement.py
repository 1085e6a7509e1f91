"""Whether measures order the variants alike: a row an encoder and pair of measures."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pyarrow as pa

from synthgap.described import Columns, described_table, with_interval
from synthgap.measures.intervals.estimates import Estimate, Row, columns
from synthgap.summary.classifiers import ACCURACIES, Training, accuracies_of
from synthgap.summary.differences import NOT_COMPARED, measures_in
from synthgap.summary.measured import ENCODER, OF_CLASS, OF_POOL, OF_SOURCE, Measured
from synthgap.summary.orders import agreement
from synthgap.summary.predictors import EXPECTED, HIGHER

LEAST = 3
"""Variants whose orders are compared; of two there is one pair."""

NAMES = {
    name: column.title
    for columns_of_level in (ACCURACIES, OF_CLASS, OF_SOURCE, OF_POOL)
    for name, column in columns_of_level.items()
}

COLUMNS: Columns = {
    "encoder": ENCODER,
    "measure": (pa.string(), "a measure, a column of summary/variants"),
    "name": (pa.string(), "its name for people"),
    "other": (pa.string(), "another one"),
    "other_name": (pa.string(), "its name for people"),
    "variants": (pa.int64(), "variants that have both"),
    "expected": (
        pa.string(),
        "same order or reverse order, as higher is better in both or in one of them alone; empty "
        "where nothing is expected of one",
    ),
    **with_interval(
        "tau",
        "Kendall's tau-b of the orders that both give to these variants; empty where one of them "
        "finds all equal",
        note=", by resampling the images; which variants there are is taken as given",
    ),
    "decided": (
        pa.int64(),
        "pairs of variants that both measures order, each beyond its 95 % interval",
    ),
    "turned": (pa.int64(), "of these, pairs that they order the other way round"),
}


def agreement_table(
    measured: Sequence[Measured],
    trainings: Mapping[str, Training],
    draws: int,
) -> pa.Table:
    """Compare the orders that every two measures give to the variants.

    Rows come as measures do in summary/variants, top1 before them. Numbers without replicates are
    left out.

    Args:
        measured: what was measured of the variants, of all encoders.
        trainings: of each variant that was trained on alone the training; top1 is a measure, too.
        draws: replicates for the accuracies of the classifier, as many as measures have.
    """
    top1 = {name: accuracies_of(each, draws)["top1"].overall for name, each in trainings.items()}
    rows: list[Row] = []
    for encoder in dict.fromkeys(item.encoder for item in measured):
        found: dict[str, dict[str, Estimate]] = {}
        for item in measured:
            if item.encoder != encoder:
                continue
            trained = {"top1": top1[item.source]} if item.source in top1 else {}
            for measure, estimate in (measures_in(item) | trained).items():
                if measure not in NOT_COMPARED:
                    found.setdefault(measure, {})[item.source] = estimate
        order = [measure for measure in NAMES if measure in found]
        for measure, other in combinations(order, 2):
            both = [variant for variant in found[measure] if variant in found[other]]
            if len(both) >= LEAST:
                one, two = ([found[each][variant] for variant in both] for each in (measure, other))
                rows.append(
                    {
                        "encoder": encoder,
                        "measure": measure,
                        "name": NAMES[measure],
                        "other": other,
                        "other_name": NAMES[other],
                        "variants": len(both),
                        "expected": _expected(measure, other),
                        **_compared(one, two),
                    }
                )
    return described_table(rows, COLUMNS)


def _compared(one: Sequence[Estimate], other: Sequence[Estimate]) -> Row:
    found = agreement(one, other)
    row: Row = {"decided": found.decided, "turned": found.turned}
    return row | (columns("tau", found.tau, found.ends) if np.isfinite(found.tau) else {})


def _expected(measure: str, other: str) -> str | None:
    ways = {EXPECTED.get(each, HIGHER if each in ACCURACIES else None) for each in (measure, other)}
    if None in ways:
        return None
    return "same order" if len(ways) == 1 else "reverse order"
