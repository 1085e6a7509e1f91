"""The image set `table`: a CSV or Parquet table that says which files belong to which class."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from synthgap import stamps
from synthgap.classes import Category
from synthgap.errors import InputError
from synthgap.image_sets.found import Found, Split, part_of, shortage, small_val
from synthgap.provenance import canonical
from synthgap.section import Section


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

    def place(self, category: Category) -> str:
        """The table and the class."""
        return f"{self.table} (class {category.class_id})"

    def stamp(self, category: Category) -> str:
        """The rows of the class, and size and time of each file."""
        rows = self._rows(category)
        return stamps.stamp(
            (canonical([number, row]), stamps.state(self._path(row["file"])))
            for number, row in enumerate(rows)
        )

    def problem(
        self, categories: tuple[Category, ...], least: int, asked_by: str = "measures.n"
    ) -> str | None:
        """Say what is wrong with the table, or which class has too few rows, or None.

        Of each class the first file is looked for: all are missing where the folder is wrong.
        """
        too_small = small_val(self.split, least, asked_by)
        if too_small:
            return too_small
        try:
            listed = read_list(self.table)
        except InputError as error:
            return str(error)
        by_class = listed.group_by("class_id", use_threads=False).aggregate(
            [("file", "count"), ("file", "first")]
        )
        classes = {row["class_id"]: row for row in by_class.to_pylist()}
        for category in categories:
            class_id = category.class_id
            if class_id not in classes:
                some = ", ".join(list(classes)[:5])
                return f"{self.table}: lists no file of the class {class_id}; it has {some} ..."
            images, first = classes[class_id]["file_count"], classes[class_id]["file_first"]
            found = shortage(self.place(category), images, least, asked_by, self.split)
            if found:
                return found
            if not os.path.lexists(self._path(first)):
                return (
                    f"{self.table}: there is no file {self._path(first)}, which is the "
                    f"first of the class {class_id}"
                )
        return None

    def found(self, category: Category, index: str | None = None) -> Iterator[Found]:
        """Yield the files of one class in the order of the table."""
        images = (
            Found(row["file"], self._path(row["file"]), prompt=row.get("prompt"))
            for row in self._rows(category)
        )
        yield from part_of(images, self.split)

    def _rows(self, category: Category) -> list[dict[str, Any]]:
        listed = read_list(self.table)
        rows: list[dict[str, Any]] = listed.filter(
            pc.equal(listed["class_id"], category.class_id)
        ).to_pylist()
        return rows

    def _path(self, file: str) -> str:
        folder = Path(self.table).parent if self.folder is None else Path(self.folder)
        return (folder / file).as_posix()


@cache
def read_list(table: str) -> pa.Table:
    """Read a table of files: `class_id`, `file` and, where it has one, `prompt`, all as text.

    Raises:
        InputError: the table is missing, has not these columns as text, or a cell without a value.
    """
    try:
        if table.lower().endswith(".parquet"):
            listed = pq.read_table(table, partitioning=None)
        else:
            listed = _read_csv(table)
    except FileNotFoundError as error:
        raise InputError(f"no file {table}") from error
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{table}: neither CSV in UTF-8 nor Parquet ({reason})") from error
    for name in ("class_id", "file"):
        if name not in listed.column_names:
            raise InputError(
                f"{table}: needs the columns class_id and file; it has "
                f"{', '.join(listed.column_names)}"
            )
    names = [name for name in ("class_id", "file", "prompt") if name in listed.column_names]
    try:
        listed = listed.select(names).cast(pa.schema([(name, pa.string()) for name in names]))
    except (pa.ArrowException, KeyError) as error:
        kinds = ", ".join(f"{field.name}: {field.type}" for field in listed.schema)
        raise InputError(
            f"{table}: the columns {', '.join(names)} must each be there once and hold text; it "
            f"has {kinds}"
        ) from error
    for name in ("class_id", "file"):
        empty = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(listed[name]), ""), True)
        if pc.any(empty).as_py():
            row = pc.index(empty, True).as_py() + 1
            raise InputError(f"{table}: row {row} has no {name}; give each row one")
    return listed


def _read_csv(table: str) -> pa.Table:
    # Prompts may hold line breaks.
    parsing = pyarrow.csv.ParseOptions(newlines_in_values=True)
    with pyarrow.csv.open_csv(table, parse_options=parsing) as first:
        names = first.schema.names
    # A class called 007 or a file called 1 are names all the same.
    texts = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
    return pyarrow.csv.read_csv(table, parse_options=parsing, convert_options=texts)
