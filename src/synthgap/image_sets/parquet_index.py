"""The index of an image set inside Parquet files: of each image its label and where it lies."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from synthgap.classes import Category
from synthgap.errors import InputError
from synthgap.image_files import byte_ranges
from synthgap.image_files.parquet_rows import Row
from synthgap.image_files.references import of_file
from synthgap.image_sets.found import Split
from synthgap.image_sets.parquet_files import ParquetFiles
from synthgap.image_sets.parquet_shards import Shard
from synthgap.image_sets.shortage import Stock, shortage
from synthgap.tables import write

INDEX = pa.schema([(name, pa.string()) for name in ("label", "name", "path", "prompt")])
"""One row an image, in the order of the files."""

ROWS = 4096
"""Rows of labels and names that are read at once."""


def write_index(
    image_set: ParquetFiles,
    path: str | Path,
    metadata: Mapping[str, str],
    *,
    categories: Sequence[Category] = (),
    least: int = 0,
    parts: Mapping[str, Split | None] | None = None,
) -> None:
    """Read the files of an image set once and write the index of all of its images.

    Images that lie in a file byte for byte are referred to by their stretch of it, others by their
    row, which is slow: a note says so. An image without bytes is the file at its path.

    Args:
        image_set: the files.
        path: where the index goes.
        metadata: what made it.
        categories: the classes that are wanted.
        least: how many images `measures.n` asks for of each.
        parts: the sources that use these files, and which part of them each is.

    Raises:
        InputError: a file is no Parquet file of images, or has an image without a known label, or
            there are too few images of a class; nothing is written, and no image was read.
    """
    shards = image_set.shards()
    counts = image_set.counted(categories, shards)
    stocks = {
        source: Stock(image_set.place(), counts, split) for source, split in (parts or {}).items()
    }
    if short := shortage("measures.n", least, stocks):
        raise InputError(short)
    tables = []
    for shard in tqdm(shards, desc=image_set.files, unit="file", file=sys.stderr):
        tables.append(pa.Table.from_pylist(list(_rows(image_set, shard)), schema=INDEX))
    write(pa.concat_tables(tables), path, metadata)


def parts_of(source: str, natural: Mapping[str, Any]) -> dict[str, Split | None]:
    """Which sources an index serves, by the one that names it.

    Args:
        source: natural-train, natural-val or a variant.
        natural: the section `natural` of the study file.
    """
    val = natural.get("val_per_class")
    if val is None or source not in ("natural-train", "natural-val"):
        return {source: None}
    return {
        "natural-train": Split(part="train", val_per_class=val),
        "natural-val": Split(part="val", val_per_class=val),
    }


def _rows(image_set: ParquetFiles, shard: Shard) -> Iterator[dict[str, Any]]:
    file = shard.path
    try:
        ranges = byte_ranges.byte_ranges(file, f"{image_set.image}.bytes")
        if ranges is None:
            print(
                f"{file}: its images are compressed, so that reading one takes reading many; copy "
                "them with python -m synthgap.image_files.uncompressed, see docs/HOWTO.md"
            )
        for row, cell in enumerate(_light_cells(image_set, shard)):
            if ranges is None:
                place = str(Row(file, row, image_set.image))
            elif stretch := ranges[row]:
                place = str(byte_ranges.Reference(file, *stretch))
            else:
                place = _without_bytes(cell["path"], row, image_set, shard)
            yield {
                "label": shard.class_of(cell["label"], row),
                "name": cell["path"] or f"{Path(file).stem}-{row}",
                "path": place,
                "prompt": cell["prompt"],
            }
    except (pa.ArrowException, KeyError, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{file}: not a Parquet file of images ({reason})") from error


def _without_bytes(path: str | None, row: int, image_set: ParquetFiles, shard: Shard) -> str:
    """The place of an image that is not in the file."""
    if path is None:
        return str(Row(shard.path, row, image_set.image))
    # An image table of an older run may lead on into other Parquet files.
    return path if shard.own else of_file(path)


def _light_cells(image_set: ParquetFiles, shard: Shard) -> Iterator[dict[str, Any]]:
    """Yield of each row all but the image."""
    image, label = image_set.image, image_set.label
    wanted = [label, *([f"{image}.path"] * shard.has_path), *(["prompt"] * shard.has_prompt)]
    with pq.ParquetFile(shard.path) as parquet:
        for batch in parquet.iter_batches(batch_size=ROWS, columns=wanted):
            for row in batch.to_pylist():
                yield {
                    "label": row[label],
                    "path": (row.get(image) or {}).get("path"),
                    "prompt": row.get("prompt"),
                }
