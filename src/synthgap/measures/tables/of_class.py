"""The table of one class of one source: one row, with every measure that a class alone allows."""

from collections.abc import Mapping
from pathlib import Path

from synthgap.measures import frechet, manifolds, mmd, pairwise_cosine, shift, spread, vendi
from synthgap.measures.intervals.estimates import Row
from synthgap.measures.intervals.limits import measured
from synthgap.measures.intervals.samples import ClassSample, subsample
from synthgap.measures.tables.embeddings import embeddings, of_one_space
from synthgap.tables import one_row, write

MEASURES = (
    spread.MEASURE,
    pairwise_cosine.MEASURE,
    vendi.MEASURE,
    shift.MEASURE,
    frechet.MEASURE,
    mmd.MEASURE,
    manifolds.MEASURE,
)
"""A new measure is one module with a `Measure` of a `ClassSample`, and its line here.

Where a measure gives nothing, such as a distance of natural-train from itself, the row lacks its
columns."""


def measure_class(
    path: str | Path,
    *,
    class_id: str,
    images: str | Path,
    natural: str | Path,
    n: int,
    draws: int,
    metadata: Mapping[str, str],
) -> None:
    """Measure one class of one source and write its row.

    Args:
        path: where to.
        class_id: the class.
        images: table of embeddings of the source.
        natural: table of embeddings of natural-train; the same as `images` for natural-train.
        n: images to measure.
        draws: replicates for the intervals.
        metadata: what made the table.

    Raises:
        InputError: a table has fewer than n images or an embedding that is not finite, or their
            dimensions differ.
    """
    available, beside = embeddings(images, n), embeddings(natural, n)
    of_one_space(images, available, natural, beside)
    sample = ClassSample(
        class_id,
        subsample(available, n, class_id),
        subsample(beside, n, class_id),
        same=Path(images) == Path(natural),
        draws=draws,
    )
    row: Row = {"class_id": class_id, "images": len(available), "n": len(sample.images)}
    for measure in MEASURES:
        for name, estimate in measure.of(sample).items():
            row |= measured(name, estimate, measure.columns[name].limits)
            row[f"{name}_replicates"] = estimate.replicates
    write(one_row(row), path, metadata)
