"""The study's answer for groups of classes: means over them, differences, and defects."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import hypot
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa

from synthgap.described import Columns, described_table, with_interval
from synthgap.measures import separability
from synthgap.measures.intervals.estimates import Interval, Row, columns, difference, interval
from synthgap.measures.measure import Column, Family
from synthgap.summary import causes
from synthgap.summary.by_group import Split, measured_in_groups, trained_in_groups
from synthgap.summary.classifiers import ACCURACIES, CLASSIFIER, TRAINING_SET, Training
from synthgap.summary.differences import NOT_COMPARED
from synthgap.summary.frontier_of_variants import ON_FRONTIER, with_frontiers
from synthgap.summary.measured import (
    ENCODER,
    IMAGES,
    OF_CLASS,
    OF_SOURCE,
    SOURCE,
    Measured,
    N,
    described,
)

GROUP = (pa.string(), "the group of classes")


def _of_group(measures: Mapping[str, Column]) -> dict[str, Column]:
    told = ", where images are still told from those of all classes of the study"
    return {
        name: column._replace(
            text=f"{column.text}; mean over the group's classes"
            + (told if column.family in (Family.ACCURACY, Family.LOSS) else "")
        )
        for name, column in measures.items()
    }


MEASURES = _of_group(
    OF_CLASS
    | {name: column for name, column in OF_SOURCE.items() if name not in separability.COLUMNS}
)
"""Measures that are means over classes; separability holds whole classes out and is none."""

COLUMNS: Columns = {
    "encoder": ENCODER,
    "group": GROUP,
    "classes": (pa.int64(), "classes in the group"),
    "source": SOURCE,
    "images": IMAGES,
    "n": N,
    **described(MEASURES),
}

BESIDE: Columns = {
    "classifier": CLASSIFIER,
    "training_set": TRAINING_SET,
    **described(_of_group(ACCURACIES)),
}

DIFFERENCES: Columns = {
    "encoder": ENCODER,
    "classifier": CLASSIFIER,
    "measure": (pa.string(), "what is compared, a column of summary/groups"),
    "group": GROUP,
    "source": SOURCE,
    "other": (
        pa.string(),
        "another source, compared in the same classes; empty where the group is compared with the "
        "classes outside of it",
    ),
    **with_interval(
        "difference",
        "the measure of other minus that of source in the group, paired; without other that of the "
        "group minus that of the classes outside of it, whose images are others",
    ),
}

CAUSES: Columns = {"group": GROUP, **causes.COLUMNS}


class Tables(NamedTuple):
    """What a study says of its groups."""

    groups: pa.Table
    """A row an encoder, group and source."""
    group_differences: pa.Table
    """A row an encoder or classifier, measure, group and source, and other source, if any."""
    group_causes: pa.Table
    """A row a group, encoder, variant and cause."""


def groups_tables(
    measured: Sequence[Measured],
    scores: Mapping[tuple[str, str], str | Path],
    trainings: Sequence[Training],
    classifier: str | None,
    diagnosis: pd.DataFrame,
    groups: Mapping[str, Sequence[str]],
    draws: int,
) -> Tables:
    """Ask of each group what the study says of all classes.

    Args:
        measured: what was measured.
        scores: of each encoder and source the table of its images' scores.
        trainings: what was trained; a training set counts for a source that it consists of alone.
        classifier: whose accuracy stands beside the measures; None if there is none.
        diagnosis: `summary/diagnosis`, of the study's variants.
        groups: of each group its classes.
        draws: replicates for the intervals, as many as the measures have.
    """
    variants = set(diagnosis["source"])
    trained = {
        name: list(trained_in_groups(trainings, name, groups, draws))
        for name in dict.fromkeys(training.classifier for training in trainings)
    }
    beside = {
        (split.group, split.source): split.inside.row
        for split in (trained[classifier] if classifier is not None else ())
    }
    rows: list[Row] = []
    apart: list[Row] = []
    for encoder in dict.fromkeys(item.encoder for item in measured):
        found = [
            split
            for item in measured
            if item.encoder == encoder
            for split in measured_in_groups(item, scores[encoder, item.source], groups, draws)
        ]
        for group, members in groups.items():
            own = [
                {
                    "encoder": encoder,
                    "group": group,
                    "classes": len(members),
                    "source": split.source,
                    **split.inside.row,
                    "classifier": classifier,
                    **beside.get((group, split.source), {}),
                }
                for split in found
                if split.group == group
            ]
            rows += with_frontiers(own, variants)
        apart += _differences({"encoder": encoder, "classifier": None}, found)
    for name, splits in trained.items():
        apart += _differences({"encoder": None, "classifier": name}, splits)
    shown = COLUMNS if classifier is None else {**COLUMNS, **BESIDE}
    return Tables(
        described_table(rows, {**shown, **ON_FRONTIER}),
        described_table(apart, DIFFERENCES),
        _causes(diagnosis, groups),
    )


def _differences(beginning: Row, found: Sequence[Split]) -> Iterator[Row]:
    """Of each group its sources beside the classes outside, then every source and later one."""
    for group in dict.fromkeys(split.group for split in found):
        own = {split.source: split for split in found if split.group == group}
        for source, split in own.items():
            yield from (
                {**beginning, "group": group, "source": source, **row}
                for row in _from_outside(split)
            )
        for source, other in combinations(own, 2):
            one, two = (own[each].inside.estimates for each in (source, other))
            for measure in one:
                if measure not in two or measure in NOT_COMPARED:
                    continue
                between = difference(one[measure], two[measure])
                yield {
                    **beginning,
                    "measure": measure,
                    "group": group,
                    "source": source,
                    "other": other,
                    **columns("difference", between.value, interval(between)),
                }


def _from_outside(split: Split) -> Iterator[Row]:
    if split.outside is None:
        return
    inside, outside = split.inside.row, split.outside.row
    for measure in split.inside.estimates:
        if measure in outside:
            ends = (
                Interval(row[f"{measure}_low"], row[f"{measure}_high"]) for row in (inside, outside)
            )
            yield {
                "measure": measure,
                **columns(
                    "difference",
                    inside[measure] - outside[measure],
                    independent(inside[measure], outside[measure], *ends),
                ),
            }


def independent(value: float, other: float, ends: Interval, others: Interval) -> Interval:
    """Give the 95 % interval of `value` minus `other`, which are independent of each other.

    Made of the intervals of both, so that it is honest where all images of a side are right and
    resampling shows no spread, and where intervals are longer to one side.

    Source: R. G. Newcombe, Interval estimation for the difference between independent proportions,
    Statistics in Medicine 17, 1998 (method 10); for other estimates G. Y. Zou, A. Donner,
    Statistics in Medicine 27, 2008.

    >>> low, high = independent(0.8, 0.7, Interval(0.5, 0.9), Interval(0.3, 0.75))
    >>> round(low, 3), round(high, 3)
    (-0.204, 0.512)
    """
    apart = value - other
    low = apart - hypot(value - ends.low, others.high - other)
    high = apart + hypot(ends.high - value, other - others.low)
    return Interval(low, high)


def _causes(diagnosis: pd.DataFrame, groups: Mapping[str, Sequence[str]]) -> pa.Table:
    rows = [
        {"group": group, **row}
        for group, members in groups.items()
        for row in causes.causes_table(
            diagnosis[diagnosis["class_id"].isin(list(members))]
        ).to_pylist()
    ]
    return described_table(rows, CAUSES)
