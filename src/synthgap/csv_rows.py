"""CSV files that users write: their rows, or one line on what is wrong."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from synthgap.errors import InputError


class CsvRow(NamedTuple):
    """One row of a CSV file."""

    line: int
    """Where it ends in the file, for messages."""
    cells: dict[str, str]
    """Cell by column; empty where the row is too short."""


def csv_rows(file: str | Path, needed: Sequence[str]) -> Iterator[CsvRow]:
    """Read a CSV file with a header, row by row.

    Args:
        file: UTF-8, with or without a byte order mark.
        needed: columns that it must have.

    Raises:
        InputError: it cannot be read, is not UTF-8, or lacks a column.
    """
    try:
        with Path(file).open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines, restval="", restkey="")
            found = rows.fieldnames or ()
            missing = [column for column in needed if column not in found]
            if missing:
                raise InputError(
                    f"{file}: no column {missing[0]}; needed are {', '.join(needed)}, "
                    f"found are {', '.join(found) or 'none'}"
                )
            for row in rows:
                row.pop("", None)
                yield CsvRow(rows.line_num, row)
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 text; save it as UTF-8") from error
    except csv.Error as error:
        raise InputError(f"{file}: not a CSV file ({error})") from error
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from error
