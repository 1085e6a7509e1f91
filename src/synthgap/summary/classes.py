"""The study's answer class by class: a row a class, source and encoder."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from synthgap.described import Columns, described_table
from synthgap.measures.intervals.estimates import Row, columns
from synthgap.summary.classifiers import BESIDE, Training, accuracies_of, trained_alone
from synthgap.summary.measured import (
    ENCODER,
    IMAGES,
    OF_CLASS,
    OF_SOURCE,
    SOURCE,
    Measured,
    N,
    described,
    rows_of,
    rows_of_classes,
    with_ends,
)

COLUMNS: Columns = {
    "encoder": ENCODER,
    "source": SOURCE,
    "class_id": (pa.string(), "the class"),
    "name": (pa.string(), "the class's name; names may collide"),
    "images": IMAGES,
    "n": N,
    **described(OF_CLASS),
    **described(OF_SOURCE),
}


def classes_table(
    measured: Sequence[Measured],
    trainings: Sequence[Training],
    classifier: str | None,
    names: Mapping[str, str],
) -> pa.Table:
    """Join measures and accuracies class by class.

    Args:
        measured: what was measured.
        trainings: what was trained.
        classifier: as in `variants_table`.
        names: of each class its name.
    """
    # Intervals of single classes have no replicates: as few as there may be are enough.
    accuracies = {
        source: (training.training_set, accuracies_of(training, draws=100))
        for source, training in trained_alone(trainings, classifier).items()
    }
    rows = []
    for item in measured:
        together = {found["class_id"]: found for found in rows_of(item.together)}
        for number, alone in enumerate(rows_of_classes(item)):
            class_id = alone["class_id"]
            row: Row = {
                "encoder": item.encoder,
                "source": item.source,
                "class_id": class_id,
                "name": names[class_id],
                "images": alone["images"],
                "n": alone["n"],
                **with_ends(OF_CLASS, alone),
                **with_ends(OF_SOURCE, together[class_id]),
                "classifier": classifier,
            }
            if item.source in accuracies:
                row["training_set"], shares = accuracies[item.source]
                for name, found in shares.items():
                    row |= columns(name, found.per_class[number], found.per_class_interval[number])
            rows.append(row)
    return described_table(rows, COLUMNS if classifier is None else {**COLUMNS, **BESIDE})
