"""The embeddings in two dimensions: where natural images, synthetic images and prompts lie.

No measure: it has neither an interval nor the measures' n, but joins all sources for the eye.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Float32

from synthgap import seeds
from synthgap.described import Columns, described_table
from synthgap.tables import embeddings_in, read, read_pieces

SHOWN_PER_CLASS = 50
"""Images of a class and source that are shown, at most."""

SHOWN_PER_SOURCE = 5000
"""Images of a source that are shown, at most, but one of each class."""

COLUMNS: Columns = {
    "source": (pa.string(), "variant, natural-train or natural-val"),
    "kind": (pa.string(), "image, or prompt of the variant"),
    "class_id": (pa.string(), "the class"),
    "index": (pa.int32(), "of the image or prompt, as in its table of embeddings"),
    "first": (pa.float64(), "coordinate along the first principal axis of the images shown"),
    "second": (pa.float64(), "coordinate along the second; both are empty for prompts"),
    "first_share": (pa.float64(), "share of the images' variance along the first axis"),
    "second_share": (
        pa.float64(),
        "share along the second; one number, like the first, in all rows",
    ),
    "along_gap": (pa.float64(), "coordinate from the mean prompt to the mean image"),
    "across_gap": (
        pa.float64(),
        "coordinate along the images' first principal axis across that direction; both are empty "
        "where there are no prompts",
    ),
}


class Points(NamedTuple):
    """Embeddings that are shown, of one source, kind and table."""

    source: str
    kind: str
    class_ids: Sequence[str]
    indices: Sequence[int]
    embeddings: Float32[np.ndarray, "n d"]


def projection_table(
    images: Mapping[str, Sequence[str | Path]], prompts: Mapping[str, str | Path]
) -> pa.Table:
    """Project images, and prompts if there are any: a row an image or prompt that is shown.

    Args:
        images: of each source its tables of embeddings, in the order of the classes.
        prompts: of each variant its table of prompts' embeddings; none for an encoder of images.
    """
    pictures = [
        _points(source, "image", shown(table, place, len(tables)))
        for source, tables in images.items()
        for place, table in enumerate(tables)
    ]
    texts = [_points(variant, "prompt", read(table)) for variant, table in prompts.items()]
    together = np.concatenate([points.embeddings for points in pictures])
    mean, principal, shares = principal_axes(together)
    gap = None
    if texts:
        gap = gap_and_first_axis(together, np.concatenate([points.embeddings for points in texts]))
    rows = [
        row for points in (*pictures, *texts) for row in _rows(points, mean, principal, shares, gap)
    ]
    return described_table(rows, COLUMNS)


def _points(source: str, kind: str, table: pa.Table) -> Points:
    class_ids, indices = (table[name].to_pylist() for name in ("class_id", "index"))
    return Points(source, kind, class_ids, indices, embeddings_in(table))


def _rows(
    points: Points,
    mean: Float[np.ndarray, "d"],
    principal: Float[np.ndarray, "2 d"],
    shares: Float[np.ndarray, "2"],
    gap: Float[np.ndarray, "2 d"] | None,
) -> Iterator[dict[str, object]]:
    centred = points.embeddings - mean
    by_axes = (principal @ centred.T).T.tolist()
    by_gap = [(None, None)] * len(centred) if gap is None else (gap @ centred.T).T.tolist()
    for class_id, index, (first, second), (along, across) in zip(
        points.class_ids, points.indices, by_axes, by_gap, strict=True
    ):
        image = points.kind == "image"
        yield {
            "source": points.source,
            "kind": points.kind,
            "class_id": class_id,
            "index": index,
            "first": first if image else None,
            "second": second if image else None,
            "first_share": float(shares[0]),
            "second_share": float(shares[1]),
            "along_gap": along,
            "across_gap": across,
        }


def shown(table: str | Path, place: int, classes: int) -> pa.Table:
    """Read of one class and source the embeddings that are shown.

    They are the first of the class. Where all classes together would be too many, they are chosen
    among these at random, the same number of each class and the same indices in every source.

    Args:
        table: the class's embeddings.
        place: the class's place among the classes.
        classes: how many classes there are.
    """
    (first,) = islice(read_pieces(table, SHOWN_PER_CLASS), 1)
    most = max(1, SHOWN_PER_SOURCE // classes)
    if most >= SHOWN_PER_CLASS:
        return first
    order = seeds.generator("projection", place).permutation(SHOWN_PER_CLASS)
    return first.take(np.sort(order[order < len(first)][:most]))


def principal_axes(
    points: Float[np.ndarray, "n d"],
) -> tuple[Float[np.ndarray, "d"], Float[np.ndarray, "2 d"], Float[np.ndarray, "2"]]:
    """Mean, first two principal axes and the shares of variance that they explain.

    An axis has no sign; its first component is made positive.
    """
    mean = points.mean(axis=0)
    centred = points - mean
    # Of d × d numbers, where a decomposition of the points themselves would be as large as they.
    variances, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    first = axes[:, :-3:-1].T
    return mean, first * np.where(first[:, :1] < 0, -1, 1), variances[:-3:-1] / variances.sum()


def gap_and_first_axis(
    images: Float[np.ndarray, "n d"], prompts: Float[np.ndarray, "p d"]
) -> Float[np.ndarray, "2 d"]:
    """Direction from the mean prompt to the mean image, and the images' first axis across it."""
    gap = images.mean(axis=0) - prompts.mean(axis=0)
    gap /= np.linalg.norm(gap) or 1
    across = images - np.outer(images @ gap, gap)
    _, axes, _ = principal_axes(across)
    return np.stack([gap, axes[0]])
