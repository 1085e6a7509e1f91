"""The table of one source: a row a class and one for all, with the measures that need them all."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from synthgap.measures import (
    isolation,
    nearest_centroid,
    nearest_neighbours,
    prompt_adherence,
    separability,
)
from synthgap.measures.intervals.estimates import Estimate, Row, Share, Single, columns
from synthgap.measures.intervals.limits import measured
from synthgap.measures.intervals.samples import SourceSample
from synthgap.measures.measure import Measure
from synthgap.measures.tables.embeddings import source_sample
from synthgap.tables import write

MEASURES: tuple[Measure[SourceSample, Estimate | Share | Single], ...] = (
    nearest_centroid.MEASURE,
    nearest_neighbours.MEASURE,
    isolation.MEASURE,
    separability.MEASURE,
    prompt_adherence.MEASURE,
)
"""A new measure is one module with a `Measure` of a `SourceSample`, and its line here."""


def measure_source(
    path: str | Path,
    *,
    class_ids: Sequence[str],
    images: Sequence[str | Path],
    queries: Sequence[str | Path],
    natural: Sequence[str | Path],
    prompts: str | Path | None,
    own_prompts: bool,
    n: int,
    draws: int,
    metadata: Mapping[str, str],
) -> None:
    """Measure all classes of one source together and write a row a class and one for all.

    Args:
        path: where to. The row for all classes has no class_id.
        class_ids: the classes.
        images: the source's tables of embeddings, in the order of the classes.
        queries: natural-val's tables of embeddings, in the same order.
        natural: natural-train's tables of embeddings, likewise; the same as `images` for it.
        prompts: table of embeddings of the variant's prompts; None for natural sources.
        own_prompts: an image's index says which of its class's prompts it was made from.
        n: images a class, at most.
        draws: replicates for the intervals.
        metadata: what made the table.
    """
    sample = source_sample(
        class_ids,
        images,
        queries,
        n,
        draws,
        natural=natural,
        prompts=prompts,
        own_prompts=own_prompts,
    )
    total: Row = {"class_id": None, "n": int(np.bincount(sample.labels).min())}
    rows: list[Row] = [
        {"class_id": class_id, "n": int(count)}
        for class_id, count in zip(class_ids, np.bincount(sample.labels), strict=True)
    ]
    for measure in MEASURES:
        for name, found in measure.of(sample).items():
            if isinstance(found, Share):
                total |= columns(name, found.overall.value, found.overall_interval)
                total[f"{name}_replicates"] = found.overall.replicates
                for row, value, ends in zip(
                    rows, found.per_class, found.per_class_interval, strict=True
                ):
                    row |= columns(name, value, ends)
            elif isinstance(found, Single):
                total |= {name: found.value}
                total |= columns(name, found.value, found.ends) if found.ends else {}
            else:
                total |= measured(name, found, measure.columns[name].limits)
                total[f"{name}_replicates"] = found.replicates
    # The row for all comes first: its keys, all of them, become the columns.
    write(pa.Table.from_pylist([total, *rows]), path, metadata)
