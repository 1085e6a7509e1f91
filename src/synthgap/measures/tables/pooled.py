"""The table of one source as one set of images, classes put together: as the field measures."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from jaxtyping import Float32, Int

from synthgap.measures import frechet, manifolds, mmd, vendi
from synthgap.measures.intervals.estimates import Row
from synthgap.measures.intervals.limits import measured
from synthgap.measures.intervals.samples import PoolSample, subsample
from synthgap.measures.tables.embeddings import of_one_space, tables_of_one_space
from synthgap.tables import one_row, write

MEASURES = (
    vendi.POOLED_MEASURE,
    frechet.POOLED_MEASURE,
    mmd.POOLED_MEASURE,
    manifolds.POOLED_MEASURE,
)
"""A new measure is one module with a `Measure` of a `PoolSample`, and its line here."""


class Pool(NamedTuple):
    """The embeddings of all classes of a source in one file."""

    images: Float32[np.ndarray, "N d"]
    """A memory map, class after class."""
    labels: Int[np.ndarray, "N"]
    """Class number of each."""
    available: int
    """Images that the source has."""


def measure_pooled(
    path: str | Path,
    *,
    class_ids: Sequence[str],
    images: Sequence[str | Path],
    natural: Sequence[str | Path],
    n: int,
    draws: int,
    device: str,
    metadata: Mapping[str, str],
) -> None:
    """Measure all images of one source as one set and write their row.

    The embeddings are copied table by table to a file without a name, which is mapped into memory
    and gone when the process ends, however it ends. It lies beside `path` and takes as much disk as
    they do.

    Args:
        path: where to. One row: `images` (that the source has), `n` (measured of each class), and
            of each measure its name, `_low`, `_high`, `_replicates`. A measure that does not apply
            has no columns.
        class_ids: the classes.
        images: the source's tables of embeddings, in the order of the classes.
        natural: natural-train's tables, likewise; the same as `images` for natural-train.
        n: images of each class to measure.
        draws: replicates for the intervals.
        device: "cpu", or "cuda" for the matrix products.
        metadata: what made the table.

    Raises:
        InputError: a table has fewer than n images or an embedding that is not finite, or their
            dimensions differ.
    """
    folder = Path(path).parent
    folder.mkdir(parents=True, exist_ok=True)
    same = list(map(Path, images)) == list(map(Path, natural))
    with tempfile.TemporaryFile(dir=folder) as file, tempfile.TemporaryFile(dir=folder) as other:
        pool = pooled(class_ids, images, n, file)
        reference = pool if same else pooled(class_ids, natural, n, other)
        of_one_space(images[0], pool.images, natural[0], reference.images)
        sample = PoolSample(
            pool.images,
            pool.labels,
            reference.images,
            reference.labels,
            same=same,
            draws=draws,
            device=device,
        )
        row: Row = {"images": pool.available, "n": int(np.bincount(pool.labels).min())}
        for measure in MEASURES:
            for name, estimate in measure.of(sample).items():
                row |= measured(name, estimate, measure.columns[name].limits)
                row[f"{name}_replicates"] = estimate.replicates
    write(one_row(row), path, metadata)


def pooled(class_ids: Sequence[str], tables: Sequence[str | Path], n: int, file: BinaryIO) -> Pool:
    """Copy n embeddings of each class to an open file and map it into memory.

    Raises:
        InputError: a table has fewer than n images.
    """
    counts, available, dimensions = [], 0, 0
    for found, class_id in zip(tables_of_one_space(tables, n), class_ids, strict=True):
        chosen = subsample(found, n, class_id)
        file.write(np.ascontiguousarray(chosen, dtype=np.float32).data)
        available += len(found)
        counts.append(len(chosen))
        dimensions = chosen.shape[1]
    file.flush()
    images = np.memmap(file, np.float32, "r", shape=(sum(counts), dimensions))
    return Pool(images, np.repeat(np.arange(len(counts)), counts), available)
