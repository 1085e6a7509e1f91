"""Differences between sources, paired: a row an encoder, measure and pair of sources."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import pyarrow as pa

from synthgap.described import Columns, described_table, with_interval
from synthgap.measures.intervals.estimates import Estimate, Row, columns, difference, interval
from synthgap.summary.classifiers import CLASSIFIER, Training, accuracies_of, trained_alone
from synthgap.summary.measured import (
    ENCODER,
    OF_CLASS,
    OF_POOL,
    OF_SOURCE,
    SOURCE,
    Measured,
    estimates_in,
    over_classes,
    row_of_all,
    row_of_pool,
    rows_of_classes,
)

NOT_COMPARED = frozenset(
    name
    for columns_of_level in (OF_CLASS, OF_SOURCE, OF_POOL)
    for name, column in columns_of_level.items()
    if not column.compared
)

COLUMNS: Columns = {
    "encoder": ENCODER,
    "classifier": CLASSIFIER,
    "measure": (pa.string(), "what is compared, a column of summary/variants"),
    "source": SOURCE,
    "other": (pa.string(), "the source it is compared with"),
    **with_interval("difference", "the measure of other minus that of source, for all classes"),
}


def differences_table(
    measured: Sequence[Measured], trainings: Sequence[Training], draws: int
) -> pa.Table:
    """Compare every source with every later one, in every measure of theirs that both have.

    Replicate b of both comes from the same image indices, the same queries and the same seeds of
    training, so the interval is that of the difference itself. It is mostly narrower than the two
    intervals suggest.

    Args:
        measured: what was measured, sources in the order in which they are compared.
        trainings: what was trained. A training set counts for a source that it consists of alone.
        draws: replicates for the accuracies of classifiers.
    """
    rows: list[Row] = []
    for encoder in dict.fromkeys(item.encoder for item in measured):
        found = {item.source: measures_in(item) for item in measured if item.encoder == encoder}
        rows += _differences({"encoder": encoder, "classifier": None}, found)
    order = list(dict.fromkeys(item.source for item in measured))
    for classifier in dict.fromkeys(training.classifier for training in trainings):
        alone = trained_alone(trainings, classifier)
        found = {
            source: {
                name: share.overall for name, share in accuracies_of(alone[source], draws).items()
            }
            for source in order
            if source in alone
        }
        rows += _differences({"encoder": None, "classifier": classifier}, found)
    return described_table(rows, COLUMNS)


def measures_in(item: Measured) -> dict[str, Estimate]:
    """Every measure of a source that has replicates; another table of measures adds its line."""
    return {
        **over_classes(rows_of_classes(item)),
        **estimates_in(row_of_all(item)),
        **estimates_in(row_of_pool(item)),
    }


def _differences(beginning: Row, found: Mapping[str, Mapping[str, Estimate]]) -> Iterator[Row]:
    for source, other in combinations(found, 2):
        for measure in found[source]:
            if measure not in found[other] or measure in NOT_COMPARED:
                continue
            between = difference(found[source][measure], found[other][measure])
            yield {
                **beginning,
                "measure": measure,
                "source": source,
                "other": other,
                **columns("difference", between.value, interval(between)),
            }
