"""The image set `table`: a CSV or Parquet table that says which files belong to which class."""

import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from synthgap import stamps
from synthgap.classes import Category
from synthgap.csv_rows import csv_rows, csv_text
from synthgap.errors import InputError
from synthgap.files import check_regular
from synthgap.image_files.references import of_file
from synthgap.image_sets.found import Found, Split, part_of
from synthgap.image_sets.on_disk import as_on_disk
from synthgap.image_sets.shortage import few
from synthgap.provenance import canonical
from synthgap.section import Section

NEEDED = ("class_id", "file")
"""Columns of a table of files; `prompt` may come with them."""


class ListedFiles(Section):
    """Image files with their classes in a table."""

    kind: Literal["table"]
    """Files and a table."""
    table: str
    """CSV or Parquet file with the columns `class_id` and `file`; `prompt` if it is known."""
    folder: str | None = None
    """Folder from which files are named; that of the table if left out."""
    split: Split | None = None
    """Which part of them, if not all."""

    def place(self, category: Category | None = None) -> str:
        """The table and the class, if one is meant."""
        return f"{self.table} (class {category.class_id})" if category else self.table

    def stamp(self, category: Category) -> str:
        """The rows of the class, and size and time of each file."""
        rows = self._rows(category)
        return stamps.stamp(
            (canonical([number, row]), stamps.state(self._path(row["file"])))
            for number, row in enumerate(rows)
        )

    def problem(self, categories: Sequence[Category]) -> str | None:
        """Say what is wrong with the table, or None.

        Of each class the first file is looked for: all are missing where the folder is wrong.
        """
        try:
            listed = read_list(self._table)
        except InputError as error:
            return str(error)
        first = listed.group_by("class_id", use_threads=False).aggregate([("file", "first")])
        firsts = {row["class_id"]: row["file_first"] for row in first.to_pylist()}
        missing = [each.class_id for each in categories if each.class_id not in firsts]
        if missing:
            return (
                f"{self.table}: lists no file of the class {few(missing)}; it has "
                f"{few(list(firsts))}"
            )
        for category in categories:
            path = self._path(firsts[category.class_id])
            if not os.path.lexists(path):
                return (
                    f"{self.table}: there is no file {path}, which is the first of the class "
                    f"{category.class_id}"
                )
        return None

    def counts(self, categories: Sequence[Category], enough: int) -> dict[str, int]:
        """How many files each class has, of all parts together."""
        counted = pc.value_counts(read_list(self._table)["class_id"]).to_pylist()
        files = {row["values"]: row["counts"] for row in counted}
        return {category.class_id: files.get(category.class_id, 0) for category in categories}

    def found(self, category: Category, index: str | None = None) -> Iterator[Found]:
        """Yield the files of one class in the order of the table."""
        images = (
            Found(row["file"], of_file(self._path(row["file"])), prompt=row.get("prompt"))
            for row in self._rows(category)
        )
        yield from part_of(images, self.split)

    def _rows(self, category: Category) -> list[dict[str, Any]]:
        listed = read_list(self._table)
        rows: list[dict[str, Any]] = listed.filter(
            pc.equal(listed["class_id"], category.class_id)
        ).to_pylist()
        return rows

    @property
    def _table(self) -> str:
        return as_on_disk(self.table)

    def _path(self, file: str) -> str:
        folder = Path(self._table).parent if self.folder is None else Path(self.folder)
        return as_on_disk((folder / file).as_posix())


@cache
def read_list(table: str) -> pa.Table:
    """Read a table of files: `class_id`, `file` and, where it has one, `prompt`, all as text.

    Raises:
        InputError: the table is missing, has not these columns as text, or a cell without a value.
    """
    if not os.path.lexists(table):
        raise InputError(f"no file {table}")
    return _read_parquet(table) if table.lower().endswith(".parquet") else _read_csv(table)


def _read_parquet(table: str) -> pa.Table:
    try:
        check_regular(table)
        listed = pq.read_table(table, partitioning=None)
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(
            str(error.strerror or error if isinstance(error, OSError) else error).split()
        )
        raise InputError(f"{table}: not a readable Parquet file ({reason})") from error
    for name in NEEDED:
        if name not in listed.column_names:
            raise InputError(
                f"{table}: no column {name}; needed are {', '.join(NEEDED)}, found are "
                f"{', '.join(listed.column_names) or 'none'}"
            )
    names = _used(listed.column_names)
    try:
        listed = listed.select(names).cast(pa.schema([(name, pa.string()) for name in names]))
    except (pa.ArrowException, KeyError) as error:
        kinds = ", ".join(f"{field.name}: {field.type}" for field in listed.schema)
        raise InputError(
            f"{table}: the columns {', '.join(names)} must each be there once and hold text; it "
            f"has {kinds}"
        ) from error
    if not len(listed):
        raise InputError(f"{table}: has no rows")
    for name in NEEDED:
        empty = _empty(listed[name])
        if pc.any(empty).as_py():
            row = pc.index(empty, True).as_py() + 1
            raise InputError(f"{table}: row {row}: no {name}; give each row one")
    return listed


def _read_csv(table: str) -> pa.Table:
    if (plain := _read_plain_csv(table)) is not None:
        return plain
    rows = [row.cells for row in csv_rows(table, NEEDED)]
    return pa.table({name: [row[name] for row in rows] for name in _used(list(rows[0]))})


def _read_plain_csv(table: str) -> pa.Table | None:
    """Read a CSV file of a million rows in a second; None if it has quotes, or is not in order."""
    text, delimiter, names = csv_text(table, NEEDED)
    if '"' in text:
        return None
    try:
        listed = pyarrow.csv.read_csv(
            pa.py_buffer(text.encode()),
            parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, quote_char=False),
            read_options=pyarrow.csv.ReadOptions(column_names=names, skip_rows=1),
            # A class called 007 or a file called 1 are names all the same.
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), include_columns=_used(names)
            ),
        )
    except pa.ArrowInvalid:
        return None
    in_order = len(listed) and not any(pc.any(_empty(listed[name])).as_py() for name in NEEDED)
    return listed if in_order else None


def _used(names: Sequence[str]) -> list[str]:
    return [name for name in (*NEEDED, "prompt") if name in names]


def _empty(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), ""), True)
