"""The map's points with their pictures, for tools that show embeddings.

A file a source; it needs nothing beside it. `neighbors` is as Embedding Atlas reads it
(https://apple.github.io/embedding-atlas/tool.html): numbers of rows of the same file.
"""

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from PIL import Image

from synthgap.described import Columns, schema_of
from synthgap.exports.features import IMAGE, huggingface
from synthgap.files import replacing
from synthgap.image_files.decoding import pictures
from synthgap.measures.numerics.neighbour_search import nearest
from synthgap.summary.projection import SHOWN_PER_CLASS, shown
from synthgap.tables import embeddings_in, read, read_pieces

SIDE = 96
"""Of a thumbnail in pixels, at most."""

QUALITY = 85
"""Of a thumbnail that is smaller than its image; others are kept without loss."""

NEIGHBOURS = 10
"""Of a point, at most."""

NEIGHBORS = pa.struct([("ids", pa.list_(pa.int64())), ("distances", pa.list_(pa.float64()))])

COLUMNS: Columns = {
    "x": (pa.float64(), "coordinate along the first principal axis of the images shown"),
    "y": (pa.float64(), "coordinate along the second"),
    "neighbors": (
        NEIGHBORS,
        "nearest of the other images in this file by their embeddings, nearest first: numbers of "
        "their rows, from 0, and distances",
    ),
    "thumbnail": (IMAGE, f"the image, {SIDE} pixels wide and high at most"),
    "class_id": (pa.string(), "the class"),
    "name": (pa.string(), "the class's name; names may collide"),
    "index": (pa.int32(), "of the image in its class"),
    "prompt": (pa.string(), "what it was made from; empty where that is not known"),
    "seed": (pa.int64(), "of the image's noise; empty where it was not generated"),
    "source": (pa.string(), "variant, natural-train or natural-val"),
    "nearest_class": (pa.string(), "class whose natural-train mean is nearest"),
    "taken": (pa.bool_(), "nearest_class is another class than the image's own"),
    "verdict": (pa.string(), "defects that the class has in this variant, with commas between"),
}


def write_points(
    path: str | Path,
    *,
    source: str,
    encoder: str,
    classes: Mapping[str, str],
    projection: str | Path,
    images: Sequence[str | Path],
    embeddings: Sequence[str | Path],
    positions: str | Path,
    diagnosis: str | Path,
    metadata: Mapping[str, str],
) -> None:
    """Write the points of a source: a row an image that the map shows.

    Args:
        path: where to. Columns: `COLUMNS`.
        source: variant, natural-train or natural-val.
        encoder: whose space is shown.
        classes: of each class its name, in the order of the study.
        projection: `projections/{encoder}.parquet`.
        images: the source's image tables, in the order of the classes.
        embeddings: its tables of embeddings.
        positions: `positions/{encoder}/{source}.parquet`.
        diagnosis: `summary/diagnosis.parquet`.
        metadata: what made the table.

    Raises:
        InputError: an image cannot be opened any more, or has changed since its table was made.
    """
    places = {
        (row["class_id"], row["index"]): row
        for row in _rows_of(read(projection), source=source, kind="image")
    }
    defects = _defects(diagnosis, source, encoder)
    parts = [shown(table, place, len(embeddings)) for place, table in enumerate(embeddings)]
    neighbours = _neighbours(np.concatenate([embeddings_in(part) for part in parts]))
    rows: list[dict[str, Any]] = []
    for (class_id, name), part, table in zip(classes.items(), parts, images, strict=True):
        for row in _pictured(table, part["index"]):
            place = places[class_id, row["index"]]
            number = len(rows)
            rows.append(
                {
                    **row,
                    "x": place["first"],
                    "y": place["second"],
                    "neighbors": neighbours[number],
                    "name": name,
                    "source": source,
                    "verdict": ", ".join(defects[class_id]),
                }
            )
    _add_positions(rows, positions)
    schema = schema_of(COLUMNS)
    described = {f"synthgap.{key}": value for key, value in metadata.items()}
    schema = schema.with_metadata({**described, "huggingface": huggingface(schema)})
    with replacing(path) as beside:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), beside, compression="zstd")


def _rows_of(table: pa.Table, **wanted: str) -> list[dict[str, Any]]:
    for column, value in wanted.items():
        table = table.filter(pc.equal(table[column], value))
    found: list[dict[str, Any]] = table.to_pylist()
    return found


def _defects(diagnosis: str | Path, source: str, encoder: str) -> Mapping[str, list[str]]:
    """Names of the defects of each class; natural images have none."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in _rows_of(read(diagnosis), source=source, encoder=encoder):
        if row["suffers"]:
            found[row["class_id"]].append(row["defect"])
    return found


def _neighbours(points: np.ndarray) -> list[dict[str, list[Any]]]:
    if len(points) < 2:
        return [{"ids": [], "distances": []}] * len(points)
    found = nearest(points, points, min(NEIGHBOURS, len(points) - 1), leave_out_self=True)
    return [
        {"ids": ids, "distances": distances}
        for ids, distances in zip(found.indices.tolist(), found.distances.tolist(), strict=True)
    ]


def _pictured(table: str | Path, indices: pa.ChunkedArray) -> Iterator[dict[str, Any]]:
    """The rows of an image table that are shown, with thumbnails."""
    # Those that are shown are among the first.
    (first,) = islice(read_pieces(table, SHOWN_PER_CLASS), 1)
    some = first.filter(pc.is_in(first["index"], indices.combine_chunks()))
    rows = some.select(["class_id", "index", "prompt", "seed"]).to_pylist()
    for row, picture in zip(rows, pictures(some, table), strict=True):
        name = f"{row['class_id']}-{row['index']:06d}.webp"
        yield {**row, "thumbnail": {"bytes": thumbnail(picture), "path": name}}


def thumbnail(picture: Image.Image) -> bytes:
    """A picture as WebP, scaled down where it is larger than `SIDE`."""
    small = picture.copy()
    small.thumbnail((SIDE, SIDE))
    content = io.BytesIO()
    small.save(content, "WEBP", quality=QUALITY, lossless=small.size == picture.size)
    return content.getvalue()


def _add_positions(rows: Iterable[dict[str, Any]], positions: str | Path) -> None:
    wanted = {(row["class_id"], row["index"]): row for row in rows}
    for piece in read_pieces(positions, 100_000):
        columns = [
            piece[name].to_pylist() for name in ("class_id", "index", "nearest_class", "taken")
        ]
        for class_id, index, nearest_class, taken in zip(*columns, strict=True):
            row = wanted.get((class_id, index))
            if row is not None:
                row |= {"nearest_class": nearest_class, "taken": taken}
