"""Replicates of a study, joined: every measure of every source, and of every pair of them.

A replicate is the study with other seeds: of its images and, where it trains generator and encoder,
of these. The first is the study itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations

import pandas as pd
import pyarrow as pa

from synthgap.described import Columns, Described, described_table, with_interval
from synthgap.measures.intervals.across_seeds import across_seeds
from synthgap.measures.intervals.estimates import (
    Estimate,
    Interval,
    Row,
    columns,
    difference,
    interval,
)
from synthgap.measures.intervals.limits import SHARE, UNLIMITED
from synthgap.measures.measure import Family
from synthgap.summary.causes import CAUSE, DEFECT, NAMES
from synthgap.summary.classifiers import (
    ACCURACIES,
    CLASSIFIER,
    Training,
    accuracies_of,
    trained_alone,
)
from synthgap.summary.differences import NOT_COMPARED, measures_in
from synthgap.summary.measured import (
    ENCODER,
    OF_CLASS,
    OF_POOL,
    OF_SOURCE,
    SOURCE,
    Measured,
)

REPLICATES = (pa.int64(), "replicates of the study")
UNIT = (pa.string(), "what differs between them: trainings (of the models) or image seeds alone")

COLUMNS: Columns = {
    "encoder": ENCODER,
    "classifier": CLASSIFIER,
    "measure": (pa.string(), "what is measured, a column of summary/variants"),
    "source": SOURCE,
    "other": (pa.string(), "the source it is compared with; empty where the source stands alone"),
    "replicates": REPLICATES,
    "unit": UNIT,
    **with_interval(
        "mean",
        "mean over the replicates of the measure; of a pair, of other's minus source's",
        note=", over replicates and images",
    ),
    "between": Described(pa.float64(), "standard deviation between the replicates"),
    "shared": Described(
        pa.float64(), "standard error of what all replicates share, the natural images above all"
    ),
    "least": Described(pa.float64(), "in the replicate where it is lowest"),
    "most": Described(pa.float64(), "in the replicate where it is highest"),
    "agreeing": Described(
        pa.int64(),
        "replicates whose own 95 % interval leaves zero out, on the side of the mean",
    ),
    **with_interval("first", "in the first replicate, which is the study itself"),
}

DEFECT_COLUMNS: Columns = {
    "encoder": ENCODER,
    "source": (pa.string(), "the variant"),
    "class_id": (pa.string(), "the class"),
    "cause": CAUSE,
    "defect": DEFECT,
    "unit": UNIT,
    "replicates": (pa.int64(), "replicates in which the defect could be looked for"),
    "suffer": (pa.int64(), "of these, replicates in which the class has it"),
}

LIMITS: Mapping[str, Interval] = {
    name: SHARE if column.family == Family.ACCURACY else column.limits
    for columns_of_level in (OF_CLASS, OF_SOURCE, OF_POOL, ACCURACIES)
    for name, column in columns_of_level.items()
}
"""Of each measure what values it can take."""

Found = Mapping[str, Mapping[str, Estimate]]
"""Of each source its measures."""


def replicates_table(
    measured: Sequence[Sequence[Measured]],
    trainings: Sequence[Sequence[Training]],
    unit: str,
    draws: int,
) -> pa.Table:
    """Join what replicates measured: a row a measure of a source, and of a pair of sources.

    Args:
        measured: of each replicate what was measured, all in the same order.
        trainings: of each replicate what was trained, likewise.
        unit: what differs between replicates, for people.
        draws: replicates for the accuracies of classifiers.
    """
    rows: list[Row] = []
    for encoder in dict.fromkeys(item.encoder for item in measured[0]):
        found = [
            {item.source: measures_in(item) for item in items if item.encoder == encoder}
            for items in measured
        ]
        rows += _rows({"encoder": encoder, "unit": unit}, found)
    order = list(dict.fromkeys(item.source for item in measured[0]))
    for classifier in dict.fromkeys(training.classifier for training in trainings[0]):
        found = [_accuracies(trained, classifier, order, draws) for trained in trainings]
        rows += _rows({"classifier": classifier, "unit": unit}, found)
    return described_table(rows, COLUMNS)


def _accuracies(
    trainings: Sequence[Training], classifier: str, order: Iterable[str], draws: int
) -> dict[str, dict[str, Estimate]]:
    alone = trained_alone(trainings, classifier)
    return {
        source: {name: share.overall for name, share in accuracies_of(alone[source], draws).items()}
        for source in order
        if source in alone
    }


def _rows(beginning: Row, found: Sequence[Found]) -> Iterator[Row]:
    """The rows of sources alone, then those of pairs."""
    for source in found[0]:
        for measure in found[0][source]:
            if all(measure in each[source] for each in found):
                of_source = [each[source][measure] for each in found]
                named = {"measure": measure, "source": source}
                yield {
                    **beginning,
                    **named,
                    **_joined(of_source, LIMITS.get(measure, UNLIMITED)),
                }
    for source, other in combinations(found[0], 2):
        for measure in found[0][source]:
            both = [each[one] for each in found for one in (source, other)]
            if measure in NOT_COMPARED or not all(measure in each for each in both):
                continue
            apart = [difference(each[source][measure], each[other][measure]) for each in found]
            named = {"measure": measure, "source": source, "other": other}
            yield {**beginning, **named, **_joined(apart, UNLIMITED)}


def _joined(estimates: Sequence[Estimate], limits: Interval) -> Row:
    found = across_seeds(estimates)
    first = estimates[0]
    return {
        "replicates": len(estimates),
        **columns("mean", found.mean, _within(found.ends, limits)),
        "between": found.between,
        "shared": found.shared,
        "least": found.least,
        "most": found.most,
        "agreeing": found.agreeing,
        **columns("first", first.value, _within(interval(first), limits)),
    }


def _within(ends: Interval, limits: Interval) -> Interval:
    low, high = (min(max(end, limits.low), limits.high) for end in ends)
    return Interval(low, high)


def replicated_defects_table(diagnoses: Sequence[pd.DataFrame], unit: str) -> pa.Table:
    """Count in how many replicates a class has a defect: a row an encoder, variant, class, cause.

    Args:
        diagnoses: `summary/diagnosis` of each replicate.
        unit: what differs between replicates, for people.
    """
    keys = ["encoder", "source", "class_id", "cause"]
    together = pd.concat(diagnoses)[[*keys, "suffers"]]
    rows = []
    for key, group in together.groupby(keys, sort=False):
        known = group["suffers"].dropna().astype(bool)
        named = dict(zip(keys, map(str, key), strict=True))
        rows.append(
            {
                **named,
                "defect": NAMES[named["cause"]],
                "unit": unit,
                "replicates": len(known),
                "suffer": int(known.sum()),
            }
        )
    return described_table(rows, DEFECT_COLUMNS)
