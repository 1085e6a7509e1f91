"""The images of a variant as a folder that `datasets.load_dataset` opens and the hub shows."""

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from synthgap.described import Columns, schema_of
from synthgap.errors import InputError
from synthgap.exports.features import IMAGE, huggingface
from synthgap.files import replacing_folder
from synthgap.image_files.decoding import UnreadableError, encoded
from synthgap.tables import ROW_GROUP_BYTES, read_pieces

SHARD_BYTES = 300 * 2**20
"""Of encoded images in a file, about."""

ROWS_AT_ONCE = 32
"""That are read of an image table."""

COLUMNS: Columns = {
    "image": (IMAGE, "the encoded image, as it was made or found"),
    "label": (pa.int64(), "number of the class"),
    "class_id": (pa.string(), "the class"),
    "prompt": (pa.string(), "what it was made from; empty where that is not known"),
    "seed": (pa.int64(), "of the image's noise; empty for images made elsewhere"),
    "index": (pa.int32(), "of the image in its class"),
}


def write_images(
    folder: str | Path,
    *,
    classes: Mapping[str, str],
    images: Sequence[str | Path],
    metadata: Mapping[str, str],
    shard_bytes: int = SHARD_BYTES,
) -> None:
    """Write `train-00000-of-N.parquet` and so on, the classes one after another.

    No more than a row group is in memory. Images that lie in files of their own are read in.

    Args:
        folder: where to; what stood there is replaced as a whole.
        classes: of each class its name, in the order of the study. They name the labels, but where
            two are the same: then the ids do.
        images: image tables of the classes, in the same order.
        metadata: what made the files.
        shard_bytes: of a file, about.

    Raises:
        InputError: an image cannot be read any more, or has changed since its table was made.
    """
    names = list(classes.values())
    labels = names if len(set(names)) == len(names) else list(classes)
    described = {f"synthgap.{key}": value for key, value in metadata.items()}
    schema = schema_of(COLUMNS)
    schema = schema.with_metadata(
        {**described, "huggingface": huggingface(schema, {"label": labels})}
    )
    with replacing_folder(folder) as new:
        shards = list(_shards(new, schema, _rows(images, list(classes)), shard_bytes))
        for number, shard in enumerate(shards):
            shard.rename(new / f"train-{number:05d}-of-{len(shards):05d}.parquet")


def _shards(
    folder: Path, schema: pa.Schema, rows: Iterator[dict[str, Any]], most: int
) -> Iterator[Path]:
    """Write rows to one file after another; their names come later, when their number is known."""
    groups = _groups(rows, min(ROW_GROUP_BYTES, most))
    group = next(groups, None)
    number = 0
    while group is not None:
        path = folder / f"{number}.parquet"
        # Encoded images do not compress.
        others = [name for name in schema.names if name != "image"]
        written = 0
        with pq.ParquetWriter(
            path,
            schema,
            compression={"image.bytes": "none", **dict.fromkeys(["image.path", *others], "zstd")},
            use_dictionary=others,
            write_statistics=others,
        ) as writer:
            while group is not None and (not written or written + _size(group) <= most):
                writer.write_table(pa.Table.from_pylist(group, schema=schema))
                written += _size(group)
                group = next(groups, None)
        yield path
        number += 1


def _groups(rows: Iterator[dict[str, Any]], most: int) -> Iterator[list[dict[str, Any]]]:
    """Rows that are written, and later read, together."""
    group: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        length = len(row["image"]["bytes"])
        if group and size + length > most:
            yield group
            group, size = [], 0
        group.append(row)
        size += length
    if group:
        yield group


def _size(group: list[dict[str, Any]]) -> int:
    return sum(len(row["image"]["bytes"]) for row in group)


def _rows(images: Sequence[str | Path], class_ids: Sequence[str]) -> Iterator[dict[str, Any]]:
    for label, (table, class_id) in enumerate(zip(images, class_ids, strict=True)):
        for piece in read_pieces(table, ROWS_AT_ONCE):
            for row in piece.to_pylist():
                content = content_of(row, table)
                # Where it lay is nobody's concern.
                name = f"{class_id}-{row['index']:06d}{_suffix(content)}"
                yield {**row, "image": {"bytes": content, "path": name}, "label": label}


def content_of(row: Mapping[str, Any], table: str | Path) -> bytes:
    """The encoded image of a row of an image table, as it was when the table was made.

    Raises:
        InputError: it cannot be read any more, or has changed.
    """
    cell = row["image"]
    try:
        content = encoded(cell)
    except UnreadableError as error:
        raise InputError(
            f"{cell['path']}: cannot be read any more ({error}), but {table} lists it; put it "
            "back, or run the study again"
        ) from error
    if cell["bytes"] is None and hashlib.sha256(content).hexdigest() != row["sha256"]:
        raise InputError(
            f"{cell['path']}: has changed since {table} was made; run the study again first"
        )
    return content


def _suffix(content: bytes) -> str:
    with Image.open(io.BytesIO(content)) as image:
        kind = (image.format or "").lower()
    return {"jpeg": ".jpg", "": ""}.get(kind, f".{kind}")
