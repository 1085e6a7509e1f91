"""The index of an image set inside Parquet files: of each image its label and where it lies."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from synthgap.errors import InputError
from synthgap.image_files import byte_ranges
from synthgap.image_files.parquet_rows import Row
from synthgap.image_sets.parquet_files import ParquetFiles
from synthgap.tables import write

INDEX = pa.schema([(name, pa.string()) for name in ("label", "name", "path", "prompt")])
"""One row an image, in the order of the files."""

ROWS = 4096
"""Rows of labels and names that are read at once."""


def write_index(image_set: ParquetFiles, path: str | Path, metadata: Mapping[str, str]) -> None:
    """Read the files of an image set once and write the index of all of its images.

    Images that lie in a file byte for byte are referred to by their stretch of it, others by their
    row, which is slow: a note says so.

    Raises:
        InputError: a file is no Parquet file of images, or has an image without a known label.
    """
    names = image_set.classes()
    parts = []
    for file in tqdm(image_set.paths(), desc=image_set.files, unit="file", file=sys.stderr):
        parts.append(pa.Table.from_pylist(list(_rows(image_set, file, names)), schema=INDEX))
    write(pa.concat_tables(parts), path, metadata)


def _rows(
    image_set: ParquetFiles, file: str, names: Sequence[str] | None
) -> Iterator[dict[str, Any]]:
    try:
        ranges = byte_ranges.byte_ranges(file, f"{image_set.image}.bytes")
        if ranges is None:
            print(
                f"{file}: its images are compressed, so that reading one takes reading many; copy "
                "them with python -m synthgap.image_files.uncompressed, see docs/HOWTO.md"
            )
        for row, cell in enumerate(_light_cells(image_set, file)):
            place = ranges[row] if ranges else None
            yield {
                "label": _label(cell["label"], names, f"{file}, row {row}"),
                "name": cell["path"] or f"{Path(file).stem}-{row}",
                "path": str(byte_ranges.Reference(file, *place))
                if place
                else str(Row(file, row, image_set.image)),
                "prompt": cell["prompt"],
            }
    except (pa.ArrowInvalid, KeyError, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{file}: not a Parquet file of images ({reason})") from error


def _light_cells(image_set: ParquetFiles, file: str) -> Iterator[dict[str, Any]]:
    """Yield of each row all but the image."""
    with pq.ParquetFile(file) as parquet:
        image, label = image_set.image, image_set.label
        has_path = parquet.schema_arrow.field(image).type.get_field_index("path") >= 0
        has_prompt = "prompt" in parquet.schema_arrow.names
        wanted = [label, *([f"{image}.path"] * has_path), *(["prompt"] * has_prompt)]
        for batch in parquet.iter_batches(batch_size=ROWS, columns=wanted):
            for row in batch.to_pylist():
                yield {
                    "label": row[label],
                    "path": (row.get(image) or {}).get("path"),
                    "prompt": row.get("prompt"),
                }


def _label(value: str | int | None, names: Sequence[str] | None, where: str) -> str:
    if isinstance(value, str) and names is None:
        return value
    if isinstance(value, int) and names is not None and 0 <= value < len(names):
        return names[value]
    known = f"0 to {len(names) - 1}" if names is not None else "texts"
    raise InputError(f"{where}: its label is {value}; labels are {known}")
