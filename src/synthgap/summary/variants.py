"""The study's answer: a row a source and encoder."""

from collections.abc import Sequence

import pyarrow as pa

from synthgap.described import Columns, described_table
from synthgap.measures.intervals.estimates import Row
from synthgap.measures.intervals.limits import measured as with_limits
from synthgap.summary.classifiers import (
    BESIDE,
    Training,
    accuracies_of,
    accuracy_columns,
    trained_alone,
)
from synthgap.summary.measured import (
    ENCODER,
    IMAGES,
    OF_CLASS,
    OF_POOL,
    OF_SOURCE,
    SOURCE,
    Measured,
    N,
    described,
    over_classes,
    row_of_all,
    row_of_pool,
    rows_of_classes,
    with_ends,
)

COLUMNS: Columns = {
    "encoder": ENCODER,
    "source": SOURCE,
    "images": IMAGES,
    "n": N,
    **described(OF_CLASS),
    **described(OF_SOURCE),
    **described(OF_POOL),
}


def variants_table(
    measured: Sequence[Measured],
    trainings: Sequence[Training],
    classifier: str | None,
    draws: int,
) -> pa.Table:
    """Join measures and accuracies: a row a source and encoder.

    A measure of single classes is averaged over the classes, and so are its replicates, which
    gives the interval: images are resampled within classes, the classes are taken as given.

    Args:
        measured: what was measured.
        trainings: what was trained.
        classifier: whose accuracy stands beside the measures, where a training set consists of
            the source alone; None if there is no classifier.
        draws: replicates for the intervals of accuracies.
    """
    accuracies = {
        source: {
            "training_set": training.training_set,
            **accuracy_columns(accuracies_of(training, draws)),
        }
        for source, training in trained_alone(trainings, classifier).items()
    }
    rows = []
    for item in measured:
        of_classes = rows_of_classes(item)
        row: Row = {
            "encoder": item.encoder,
            "source": item.source,
            "images": sum(found["images"] for found in of_classes),
            "n": min(found["n"] for found in of_classes),
        }
        means = over_classes(of_classes)
        for name, column in OF_CLASS.items():
            if name in means:
                row |= with_limits(name, means[name], column.limits)
        row |= with_ends(OF_SOURCE, row_of_all(item))
        row |= with_ends(OF_POOL, row_of_pool(item))
        row |= {"classifier": classifier, **accuracies.get(item.source, {})}
        rows.append(row)
    return described_table(rows, COLUMNS if classifier is None else {**COLUMNS, **BESIDE})
