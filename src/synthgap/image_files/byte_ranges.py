"""Where the encoded images of a Parquet file lie in it, so that each can be read alone.

A Parquet file is read a row group at a time, which is far too much for one image out of a million
in random order. Where the column of encoded images is not compressed and its encoding is `PLAIN`
(or a dictionary, whose entries are `PLAIN`), each image lies in the file byte for byte.
`tables.write` makes such files; many others are such.

A place is written as text as `FILE.parquet#offset=O&length=L`, see
`synthgap.image_files.references`.
"""

import mmap
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from synthgap.errors import InputError
from synthgap.files import opened_regular

VERBATIM = frozenset({"PLAIN", "PLAIN_DICTIONARY", "RLE", "RLE_DICTIONARY", "BIT_PACKED"})
"""Encodings of a column whose values lie in it as they are; the RLE ones encode null cells and the
indices into a dictionary."""

NULLS_BYTES = 64 * 2**10
"""More than a chunk of null cells takes; smaller ones without statistics are read to see."""

LENGTH_BYTES = 4
"""Of a value's length, which stands before the value in the encoding `PLAIN`."""

REFERENCE = re.compile(
    r"(?P<file>.+)#offset=(?P<offset>[0-9]{1,18})&length=(?P<length>[0-9]{1,18})", re.DOTALL
)


class ByteRange(NamedTuple):
    """A stretch of a file, in bytes."""

    offset: int
    length: int


class Reference(NamedTuple):
    """A stretch of a named file."""

    file: str
    offset: int
    length: int

    def __str__(self) -> str:
        """The reference as text.

        >>> str(Reference("a.parquet", 4, 20))
        'a.parquet#offset=4&length=20'
        """
        return f"{self.file}#offset={self.offset}&length={self.length}"


def parse(text: str) -> Reference | None:
    """Read a reference; None if the text is an ordinary path.

    >>> parse("a.parquet#offset=4&length=20")
    Reference(file='a.parquet', offset=4, length=20)
    >>> parse("a#b.png") is None
    True
    """
    found = REFERENCE.fullmatch(text)
    return found and Reference(found["file"], int(found["offset"]), int(found["length"]))


def read(path: str | Path, offset: int, length: int) -> bytes:
    """Read a stretch of a file. Any number of threads and processes may do so at once.

    Raises:
        InputError: the file is missing or ends before the stretch does.
    """
    try:
        with opened_regular(path) as file:
            lacking = offset + length - os.fstat(file.fileno()).st_size
            if lacking > 0:
                raise InputError(
                    f"{path}: ends {lacking} bytes before the image that was found in it; it has "
                    "changed since"
                )
            file.seek(offset)
            return file.read(length)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


def byte_ranges(path: str | Path, column: str = "image.bytes") -> list[ByteRange | None] | None:
    """Find where the values of a binary column lie in a Parquet file.

    Args:
        path: the file.
        column: the column, with the fields that lead to it.

    Returns:
        Of each row its stretch, or None where the cell is null; None instead of all if the column
        does not lie in the file as it is.

    Raises:
        InputError: the file is no Parquet table, or has no such column.
    """
    found: list[ByteRange | None] = []
    try:
        with pq.ParquetFile(path, memory_map=True) as file:
            groups = _chunks(file, path, column)
            if not _all_verbatim(file, column, groups):
                return None
            if file.metadata.num_rows == 0:
                return []
            with (
                Path(path).open("rb") as raw,
                mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as content,
            ):
                for group, chunk in enumerate(groups):
                    if _is_null(file, group, column, chunk):
                        found += [None] * chunk.num_values
                        continue
                    table = file.read_row_group(group, columns=[column], use_threads=False)
                    cells = _cells(table)
                    in_group = list(_in_chunk(content, chunk, cells))
                    if len(in_group) < len(cells):
                        return None
                    found += in_group
    except FileNotFoundError:
        raise
    except (pa.ArrowInvalid, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: not a readable Parquet table ({reason})") from error
    return found


def lies_verbatim(file: pq.ParquetFile, path: str | Path, column: str) -> bool:
    """Whether the values of a column lie in a file as they are, by its metadata as far as possible.

    Where all are null, none is compressed.

    Raises:
        InputError: the file has no such column.
    """
    return _all_verbatim(file, column, _chunks(file, path, column))


def _chunks(file: pq.ParquetFile, path: str | Path, column: str) -> list[Any]:
    """What the metadata say of a column in each row group."""
    for number in range(file.metadata.num_columns):
        if file.schema.column(number).path == column:
            groups = range(file.num_row_groups)
            return [file.metadata.row_group(group).column(number) for group in groups]
    raise InputError(f"{path}: has no column {column}")


def _verbatim(chunk: Any) -> bool:
    return chunk.compression == "UNCOMPRESSED" and VERBATIM.issuperset(chunk.encodings)


def _all_verbatim(file: pq.ParquetFile, column: str, chunks: Sequence[Any]) -> bool:
    return all(
        _verbatim(chunk) or _is_null(file, group, column, chunk)
        for group, chunk in enumerate(chunks)
    )


def _is_null(file: pq.ParquetFile, group: int, column: str, chunk: Any) -> bool:
    """Whether a chunk holds null cells alone, as where images are files."""
    statistics = chunk.statistics
    if statistics is not None and statistics.has_null_count:
        return bool(statistics.null_count == chunk.num_values)
    if chunk.total_uncompressed_size > NULLS_BYTES:
        return False
    cells = _cells(file.read_row_group(group, columns=[column], use_threads=False))
    return bool(cells.null_count == len(cells))


def _cells(table: pa.Table) -> pa.ChunkedArray:
    """The cells of a table that holds one column, perhaps inside structs."""
    cells = table.column(0)
    # Names of columns may hold dots. A null struct makes its fields null.
    while pa.types.is_struct(cells.type):
        cells = pc.struct_field(cells, [0])
    return cells


def _in_chunk(content: mmap.mmap, chunk: Any, cells: pa.ChunkedArray) -> Iterator[ByteRange | None]:
    """Walk forward through a column chunk from value to value; end early at one that is not there.

    The first place at which a value is found, searched from the end of the one before it, is never
    behind its own, since the values lie in the order of the rows; whatever lies there, it is equal
    to the value. Of a dictionary, which holds each value once, what was met before is where it was.
    """
    start = chunk.data_page_offset
    if chunk.has_dictionary_page:
        start = min(start, chunk.dictionary_page_offset)
    end = start + chunk.total_compressed_size
    met: dict[bytes, ByteRange] = {}
    for cell in cells:
        if not cell.is_valid:
            yield None
            continue
        value = cell.as_py()
        if chunk.has_dictionary_page and value in met:
            yield met[value]
            continue
        # Within a page there is nothing but its length between a value and the one before.
        at = start + LENGTH_BYTES
        if content[at : at + len(value)] != value:
            at = content.find(value, start, end)
        if at < 0:
            return
        place = ByteRange(at, len(value))
        if chunk.has_dictionary_page:
            met[value] = place
        start = at + len(value)
        yield place
