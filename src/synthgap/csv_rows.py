"""CSV files that users write: their rows, or one line on what is wrong."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from synthgap.errors import InputError
from synthgap.files import read_regular

DELIMITERS = (",", ";", "\t")
"""What may stand between cells; spreadsheets of many countries write semicolons."""

SHOWN = 300
"""Characters of a header that a message shows, where it is not one."""


class CsvRow(NamedTuple):
    """One row of a CSV file."""

    line: int
    """Where it ends in the file, for messages."""
    cells: dict[str, str]
    """Cell by column; empty where the row is too short."""


class CsvText(NamedTuple):
    """A CSV file that has been read and not taken apart."""

    text: str
    delimiter: str
    names: list[str]
    """Of the columns."""


def csv_text(file: str | Path, needed: Sequence[str]) -> CsvText:
    """Read a CSV file and its header.

    Cells are parted by commas, semicolons or tabs: by that with which the header has the needed
    columns.

    Args:
        file: UTF-8, with or without a byte order mark.
        needed: columns that it must have.

    Raises:
        InputError: it cannot be read, is not UTF-8, or lacks a column or has two of one name.
    """
    text = _text(file)
    headers = {delimiter: _header(text, delimiter) for delimiter in DELIMITERS}
    fitting = [each for each, names in headers.items() if set(needed) <= set(names)]
    # Where none fits or several do, the one that finds most columns is taken.
    delimiter = max(fitting or headers, key=lambda each: len(headers[each]))
    names = headers[delimiter]
    missing = [column for column in needed if column not in names]
    if missing:
        raise InputError(
            f"{file}: no column {missing[0]}; needed are {', '.join(needed)}, "
            f"found are {', '.join(names)[:SHOWN] or 'none'}"
        )
    twice = [name for name, count in Counter(names).items() if name and count > 1]
    if twice:
        raise InputError(f"{file}: two columns are called {twice[0]}; keep one")
    return CsvText(text, delimiter, names)


def csv_rows(file: str | Path, needed: Sequence[str]) -> Iterator[CsvRow]:
    """Read a CSV file with a header, row by row; empty lines are left out.

    Args:
        file: as for `csv_text`.
        needed: columns that it must have, with something in each row.

    Raises:
        InputError: as `csv_text`; or it has no rows, or one with too many cells or without one that
            is needed.
    """
    text, delimiter, names = csv_text(file, needed)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found = False
    try:
        next(rows)
        for cells in filter(None, rows):
            line = rows.line_num
            if any(cells[len(names) :]):
                mark = "a tab" if delimiter == "\t" else f"a {delimiter}"
                raise InputError(
                    f"{file}: line {line}: {len(cells)} cells under a header of {len(names)}; put "
                    f"cells that hold {mark} in double quotes"
                )
            cells += [""] * (len(names) - len(cells))
            row = CsvRow(line, dict(zip(names, cells, strict=False)))
            for name in needed:
                if not row.cells[name].strip():
                    raise InputError(f"{file}: line {line}: no {name}; give each row one")
            found = True
            yield row
    except csv.Error as error:
        raise InputError(f"{file}: line {rows.line_num}: not CSV ({error})") from error
    if not found:
        raise InputError(f"{file}: has no rows under its header")


def _text(file: str | Path) -> str:
    try:
        text = read_regular(file).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from error
    if "\0" in text:
        raise InputError(f"{file}: not text; save it as CSV in UTF-8")
    return text


def _header(text: str, delimiter: str) -> list[str]:
    """The first row; nothing if it cannot be taken apart so."""
    # Not strict: with another delimiter than its own, what follows a quoted cell looks wrong.
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return [name.strip() for name in next(rows, [])]
    except csv.Error:
        return []
