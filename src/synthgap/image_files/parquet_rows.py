"""One image out of a Parquet file that is compressed: the row group around it has to be read.

A row is written as text as `FILE.parquet#row=N&column=image`, see
`synthgap.image_files.references`. Where the images lie in the file as
they are, `synthgap.image_files.byte_ranges` is far faster.
"""

import os
import re
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from synthgap.errors import InputError
from synthgap.files import check_regular

REFERENCE = re.compile(r"(?P<file>.+)#row=(?P<row>[0-9]{1,18})&column=(?P<column>[^#]+)", re.DOTALL)

_reading = Lock()


class Row(NamedTuple):
    """A row of a Parquet file, and the column of its image."""

    file: str
    row: int
    column: str

    def __str__(self) -> str:
        """The row as text.

        >>> str(Row("a.parquet", 3, "image"))
        'a.parquet#row=3&column=image'
        """
        # The column without `#`, so that no other place ends as this does.
        column = self.column.replace("%", "%25").replace("#", "%23")
        return f"{self.file}#row={self.row}&column={column}"


def parse(text: str) -> Row | None:
    """Read a row; None if the text is an ordinary path.

    >>> parse("a.parquet#row=3&column=image")
    Row(file='a.parquet', row=3, column='image')
    >>> parse("a#row.png") is None
    True
    """
    found = REFERENCE.fullmatch(text)
    return found and Row(found["file"], int(found["row"]), unquote(found["column"]))


def read(row: Row) -> dict[str, Any]:
    """Read the cell of an image, `bytes` and `path`; the last row group stays in memory.

    Raises:
        OSError: the file cannot be read.
        InputError: it is no Parquet file, or has no such row.
    """
    check_regular(row.file)
    version = os.stat(row.file).st_mtime_ns
    try:
        # One thread reads a group while those that want the same one wait for it.
        with _reading:
            starts = _starts(row.file, version)
            group = bisect_right(starts, row.row) - 1
            if row.row >= starts[-1]:
                raise InputError(f"{row.file}: has no row {row.row}; it has changed since")
            cells = _group(row.file, version, group, row.column)
    except (pa.ArrowException, KeyError, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{row.file}: not a Parquet file with images ({reason})") from error
    cell = cells[row.row - starts[group]].as_py() or {}
    return {"bytes": cell.get("bytes"), "path": cell.get("path")}


@lru_cache(maxsize=64)
def _starts(file: str, version: int) -> tuple[int, ...]:
    """First row of each row group, and at the end the number of rows."""
    metadata = pq.read_metadata(file)
    rows = (metadata.row_group(group).num_rows for group in range(metadata.num_row_groups))
    return tuple(accumulate(rows, initial=0))


@lru_cache(maxsize=1)
def _group(file: str, version: int, group: int, column: str) -> pa.ChunkedArray:
    with pq.ParquetFile(file) as parquet:
        return parquet.read_row_group(group, columns=[column])[column]
