"""Copy Parquet files so that their images lie in them byte for byte.

`python -m synthgap.image_files.uncompressed OUT_FOLDER FILE...`

Files that compress their images, as `datasets` wrote them before 2026, give an image only with the
row group around it. The copies hold the same rows, columns and metadata; binary fields of structs,
such as `image.bytes`, are neither compressed nor in a dictionary, everything else is zstd. What was
copied is not copied again, so that a run that was ended can go on.
"""

import hashlib
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from synthgap.errors import InputError
from synthgap.files import check_regular, replacing
from synthgap.tables import ROW_GROUP_BYTES

COPIED_FROM = "synthgap.copied_from"
"""Key of a copy's metadata: the hash of the footer of its original, which lists all its data."""

BATCH = 64
"""Rows that are read at once; a row group of the copy takes as many batches as it needs."""


def copy_uncompressed(folder: str | Path, files: Sequence[str | Path]) -> None:
    """Copy Parquet files into a folder under their own names, with uncompressed images.

    Raises:
        InputError: a file cannot be read, holds no images or would be written over; two have one
            name; or the folder holds another file of that name.
    """
    names = Counter(Path(file).name for file in files)
    for name, count in names.items():
        if count > 1:
            raise InputError(f"{count} files are called {name}; copy each into another folder")
    waiting = {file: Path(folder, Path(file).name) for file in map(Path, files)}
    rows = {file: _rows(file, copy) for file, copy in waiting.items()}
    bar: tqdm[Any]
    with tqdm(total=sum(rows.values()), unit="image", file=sys.stderr) as bar:
        for file, copy in waiting.items():
            bar.set_description(file.name)
            try:
                if copy.exists():
                    _check_copy(file, copy)
                    bar.update(rows[file])
                else:
                    _copy(file, copy, bar)
            except (pa.ArrowException, OSError) as error:
                reason = " ".join(str(error).split())
                raise InputError(f"{file}: cannot be copied to {copy} ({reason})") from error


def _rows(file: Path, copy: Path) -> int:
    """How many rows a file has.

    Raises:
        InputError: it cannot be copied.
    """
    try:
        check_regular(file)
        with pq.ParquetFile(file) as parquet:
            rows, images = parquet.metadata.num_rows, _images(parquet.schema_arrow)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{file}: not a readable Parquet file") from error
    if not images:
        raise InputError(f"{file}: no column holds images (a struct of bytes and path)")
    if copy.exists() and copy.samefile(file):
        raise InputError(f"{file}: would be written over; name another folder than its own")
    return int(rows)


def _check_copy(file: Path, copy: Path) -> None:
    metadata = pq.read_metadata(copy).metadata or {}
    if metadata.get(COPIED_FROM.encode()) != _footer_hash(file).encode():
        raise InputError(f"{copy}: is no copy of {file}; move it away, or name another folder")


def _copy(file: Path, copy: Path, bar: "tqdm[Any]") -> None:
    with pq.ParquetFile(file) as parquet, replacing(copy) as beside:
        schema = parquet.schema_arrow
        images = _images(schema)
        others = [column for column in _columns(schema) if column not in images]
        with pq.ParquetWriter(
            beside,
            schema,
            compression={**dict.fromkeys(images, "none"), **dict.fromkeys(others, "zstd")},
            use_dictionary=others,
            # Least and greatest image mean nothing.
            write_statistics=others,
        ) as writer:
            for group in _groups(parquet):
                writer.write_table(group, row_group_size=max(1, len(group)))
                bar.update(len(group))
            writer.add_key_value_metadata({COPIED_FROM: _footer_hash(file)})


def _groups(parquet: pq.ParquetFile) -> Iterator[pa.Table]:
    """Yield the rows in tables of about `ROW_GROUP_BYTES`, each no longer than it must be."""
    held: list[pa.RecordBatch] = []
    for batch in parquet.iter_batches(BATCH):
        held.append(batch)
        if sum(one.nbytes for one in held) >= ROW_GROUP_BYTES:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)


def _images(schema: pa.Schema) -> list[str]:
    """Names of the binary fields of structs."""
    return [
        f"{column.name}.{field.name}"
        for column in schema
        if pa.types.is_struct(column.type)
        for field in column.type.fields
        if pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type)
    ]


def _columns(schema: pa.Schema) -> list[str]:
    """Names that the columns of a file of this schema have, with the fields that lead to them."""
    buffer = pa.BufferOutputStream()
    pq.write_table(schema.empty_table(), buffer)
    columns = pq.ParquetFile(pa.BufferReader(buffer.getvalue())).schema
    return [columns.column(number).path for number in range(len(columns))]


def _footer_hash(file: Path) -> str:
    """Hash the end of a Parquet file: its metadata, their length in four bytes, and `PAR1`."""
    with file.open("rb") as content:
        size = content.seek(-8, 2) + 8
        length = int.from_bytes(content.read(4), "little")
        content.seek(max(0, size - 8 - length))
        return hashlib.sha256(content.read()).hexdigest()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(
            "synthgap: name a folder and files, as in "
            "`python -m synthgap.image_files.uncompressed plain data/train-*.parquet`"
        )
    try:
        copy_uncompressed(sys.argv[1], sys.argv[2:])
    except InputError as error:
        sys.exit(f"synthgap: {error}")
