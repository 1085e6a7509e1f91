"""Tables that list image files: a CSV, Parquet or JSON Lines file with a column of labels."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from synthgap.command_line.listings import Rows
from synthgap.csv_rows import csv_rows
from synthgap.errors import InputError

LABELS = ("class_id", "label", "labels", "class", "class_name", "category")
FILES = ("file", "file_name", "filename", "file_path", "path", "image")
PROMPTS = ("prompt", "text", "caption")
"""What the columns are called, the likeliest first; `datasets` says `file_name` and `text`."""

METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
"""What the library `datasets` reads beside the images of a folder."""


def columns_of(path: Path) -> Sequence[str]:
    """The columns of a table.

    Raises:
        InputError: it cannot be read, or holds nothing.
    """
    if path.suffix.lower() == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return list(pq.read_schema(path).names)
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{path}: not a readable Parquet file") from error
    for row in _rows(path):
        return list(row)
    raise InputError(f"{path}: has no rows")


def has_labels(path: Path) -> bool:
    """Whether a table names files and their labels."""
    columns = columns_of(path)
    return _first(LABELS, columns) is not None and _first(FILES, columns) is not None


def read_list(path: Path, base: Path) -> Rows:
    """Read a table of files.

    Args:
        path: the table; its files are named from its own folder.
        base: the folder from which the result names them.

    Raises:
        InputError: it cannot be read, or a column is missing.
    """
    columns = columns_of(path)
    label, file = _first(LABELS, columns), _first(FILES, columns)
    if label is None or file is None:
        what, known = ("labels", LABELS) if label is None else ("files", FILES)
        raise InputError(
            f"{path}: no column of {what}, which is called {', '.join(known[:-1])} or {known[-1]}; "
            f"it has {', '.join(columns)}"
        )
    prompt = _first(PROMPTS, columns)
    rows, aside = [], []
    for number, row in enumerate(_rows(path), start=1):
        cells = [str(row.get(name) or "") if name else "" for name in (label, file, prompt)]
        place = path.parent / cells[1]
        if not cells[0].strip() or not cells[1].strip():
            aside.append(f"{path}: row {number} has no {label if cells[1].strip() else file}")
        elif (problem := _problem(place)) is not None:
            aside.append(f"{place}: {problem}, though row {number} of {path.name} names it")
        else:
            named = place.relative_to(base) if place.is_relative_to(base) else place
            rows.append((cells[0], named.as_posix(), cells[2]))
    ready = (label, file) == ("class_id", "file") and prompt in ("prompt", None) and not aside
    return Rows(
        dict(Counter(label for label, _, _ in rows)),
        aside,
        None,
        rows,
        base,
        path if ready and path.suffix.lower() in (".csv", ".parquet") and _plain(path) else None,
    )


def _problem(place: Path) -> str | None:
    """Why there is no file, or None; a cell may be too long to be a name."""
    try:
        return None if place.is_file() else "no such file"
    except OSError as error:
        return error.strerror


def _first(wanted: Sequence[str], columns: Sequence[str]) -> str | None:
    by_lower = {column.strip().lower(): column for column in reversed(columns)}
    return next((by_lower[name] for name in wanted if name in by_lower), None)


def _plain(path: Path) -> bool:
    """Whether a study can name the table as it is."""
    from synthgap.image_sets.listed_files import read_list as read_as_study

    try:
        read_as_study(str(path))
    except InputError:
        return False
    return True


def _rows(path: Path) -> Iterator[Mapping[str, Any]]:
    suffix = path.suffix.lower()
    try:
        if suffix == ".parquet":
            import pyarrow.parquet as pq

            yield from pq.read_table(path, partitioning=None).to_pylist()
        elif suffix == ".jsonl":
            yield from _of_json_lines(path)
        else:
            # Which columns there are is seen when the first row is there.
            yield from (row.cells for row in csv_rows(path, ()))
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


def _of_json_lines(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except json.JSONDecodeError as error:
                raise InputError(f"{path}: line {number} is not JSON ({error.msg})") from error
            if not isinstance(row, dict):
                raise InputError(f"{path}: line {number} is no object with named values")
            yield row
