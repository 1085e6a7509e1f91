"""Where each image lies: the class mean that it is nearest to, and its place in its own class.

No measure: all images of a source are placed, not n of each class, and nothing has an interval. It
says which images to look at.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int

from synthgap.described import Columns, schema_of
from synthgap.measures.intervals.samples import Embeddings
from synthgap.measures.numerics.neighbour_search import nearest
from synthgap.measures.tables.embeddings import of_one_space, tables_of_one_space
from synthgap.tables import read, write

COLUMNS: Columns = {
    "class_id": (pa.string(), "the class"),
    "index": (pa.int32(), "of the image, as in its table of embeddings"),
    "key": (pa.string(), "likewise"),
    "nearest_class": (
        pa.string(),
        "class whose mean of all natural-train images is nearest to the embedding; an image of "
        "natural-train is left out of its own class's mean",
    ),
    "taken": (pa.bool_(), "nearest_class is another class than the image's own"),
    "to_natural": (
        pa.float64(),
        "distance to the natural-train mean of the image's own class, without the image itself; "
        "empty for an image of natural-train that is alone in its class",
    ),
    "to_own": (
        pa.float64(),
        "distance to the mean of the image's own source and class, the image included: small is "
        "typical of the source",
    ),
    "nearest_natural": (
        pa.int32(),
        "index of the nearest natural-train image of the same class, never the image itself",
    ),
    "to_nearest_natural": (
        pa.float64(),
        "distance to it; both are empty for an image of natural-train that is alone in its class",
    ),
}


class Means(NamedTuple):
    """The natural-train mean of each class, in the order of the classes."""

    means: Float[np.ndarray, "classes d"]
    counts: Int[np.ndarray, "classes"]
    """Images behind each."""


class Positions(NamedTuple):
    """Of each image of a class what a row of the table says, with NaN and -1 for what is empty."""

    nearest_class: Int[np.ndarray, "n"]
    """Number of the class."""
    to_natural: Float[np.ndarray, "n"]
    to_own: Float[np.ndarray, "n"]
    nearest_natural: Int[np.ndarray, "n"]
    """Row among the class's natural-train images."""
    to_nearest_natural: Float[np.ndarray, "n"]


def positions(images: Embeddings, natural: Embeddings, label: int, means: Means) -> Positions:
    """Place the images of one class.

    Args:
        images: n embeddings of a source's images of the class.
        natural: m embeddings of natural-train's; the same array where that is the source.
        label: number of the class.
        means: of all classes.

    Distances are Euclidean, to means that are not normalised, as in centroid accuracy
    (`measures.nearest_centroid`).
    """
    same = images is natural
    exact = images.astype(np.float64)
    own_means = np.broadcast_to(means.means[label], exact.shape)
    alone = same and len(images) == 1
    if alone:
        own_means = np.full_like(exact, np.inf)
    elif same:
        own_means = (own_means * len(images) - exact) / (len(images) - 1)
    # ‖e - m‖² without ‖e‖², which is the same for all means.
    scores = np.sum(means.means**2, axis=1) - 2 * exact @ means.means.T
    scores[:, label] = (
        np.inf if alone else np.sum(own_means**2, axis=1) - 2 * np.sum(exact * own_means, axis=1)
    )
    to_natural = np.full(1, np.nan) if alone else np.linalg.norm(exact - own_means, axis=1)
    if alone:
        rows, apart = np.full(1, -1), np.full(1, np.nan)
    else:
        found = nearest(images, natural, 1, leave_out_self=same)
        rows, apart = found.indices[:, 0], found.distances[:, 0]
    return Positions(
        scores.argmin(axis=1),
        to_natural,
        np.linalg.norm(exact - exact.mean(axis=0), axis=1),
        rows,
        apart,
    )


def natural_means(tables: Sequence[str | Path]) -> Means:
    """Means of the natural-train images of all classes, read one class at a time.

    Raises:
        InputError: a table is empty or has an embedding that is not finite, or their dimensions
            differ.
    """
    means, counts = [], []
    for rows in tables_of_one_space(tables, 1):
        means.append(rows.mean(axis=0, dtype=np.float64))
        counts.append(len(rows))
    return Means(np.stack(means), np.array(counts))


def place_images(
    path: str | Path,
    *,
    class_ids: Sequence[str],
    images: Sequence[str | Path],
    natural: Sequence[str | Path],
    metadata: Mapping[str, str],
) -> None:
    """Write where each image of a source lies.

    In memory are the class means, the embeddings of one class and the table.

    Args:
        path: where to. A row an image, the classes in their order; columns: `COLUMNS`.
        class_ids: the classes.
        images: the source's tables of embeddings, in the order of the classes.
        natural: natural-train's, in the same order; the same tables where that is the source.
        metadata: what made the table.

    Raises:
        InputError: a table is empty or has an embedding that is not finite, or their dimensions
            differ.
    """
    parts = list(_parts(class_ids, images, natural))
    write(pa.concat_tables(parts), path, metadata)


def _parts(
    class_ids: Sequence[str], images: Sequence[str | Path], natural: Sequence[str | Path]
) -> Iterator[pa.Table]:
    same = list(map(Path, images)) == list(map(Path, natural))
    means = natural_means(natural)
    names = pa.array(class_ids, pa.string())
    for label, (rows, photographs) in enumerate(
        zip(tables_of_one_space(images, 1), tables_of_one_space(natural, 1), strict=True)
    ):
        of_one_space(images[label], rows, natural[label], photographs)
        found = positions(rows, rows if same else photographs, label, means)
        yield _table(
            class_ids[label],
            read(images[label], ["index", "key"]),
            read(natural[label], ["index"])["index"].combine_chunks(),
            found,
            found.nearest_class != label,
            names,
        )


def _table(
    class_id: str,
    rows: pa.Table,
    natural_indices: pa.Array,
    found: Positions,
    taken: np.ndarray,
    names: pa.Array,
) -> pa.Table:
    alone = np.isnan(found.to_nearest_natural)
    which = pa.array(found.nearest_natural, pa.int64(), mask=alone)
    columns = {
        "class_id": pa.repeat(pa.scalar(class_id, pa.string()), len(rows)),
        "index": rows["index"],
        "key": rows["key"],
        "nearest_class": names.take(pa.array(found.nearest_class)),
        "taken": pa.array(taken),
        "to_natural": pa.array(found.to_natural, mask=np.isnan(found.to_natural)),
        "to_own": pa.array(found.to_own),
        "nearest_natural": natural_indices.take(which),
        "to_nearest_natural": pa.array(found.to_nearest_natural, mask=alone),
    }
    return pa.table([columns[name] for name in COLUMNS], schema=schema_of(COLUMNS))
