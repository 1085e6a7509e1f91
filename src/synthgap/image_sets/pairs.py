"""Pairs of image and caption that a user lists in a CSV file."""

from pathlib import Path
from typing import NamedTuple

from PIL import Image

from synthgap.csv_rows import csv_rows
from synthgap.errors import InputError
from synthgap.image_files.decoding import UnreadableError, encoded, opened
from synthgap.image_files.references import of_file
from synthgap.image_sets.on_disk import as_on_disk

NEEDED = ("file", "caption")
"""Columns of a table of pairs."""


class Pair(NamedTuple):
    """An image file and what it shows."""

    line: int
    """Of the table, for messages."""
    file: str
    caption: str


def read_pairs(table: str | Path) -> list[Pair]:
    """Read a table of pairs; files are named from its folder.

    Raises:
        InputError: it cannot be read, lacks a column, or a row lacks file or caption.
    """
    place = as_on_disk(str(table))
    return [
        Pair(
            row.line,
            as_on_disk((Path(place).parent / row.cells["file"].strip()).as_posix()),
            row.cells["caption"].strip(),
        )
        for row in csv_rows(place, NEEDED)
    ]


def problem(table: str, least: int, why: str) -> str | None:
    """Say what is wrong with a table of pairs, or None; no image is opened.

    Args:
        table: the CSV file.
        least: pairs that it must have.
        why: of the messages, who asks for so many.

    Raises:
        UnicodeEncodeError: the name holds half a character.
    """
    table.encode()
    try:
        pairs = read_pairs(table)
    except InputError as error:
        return str(error)
    if len(pairs) < least:
        return f"{table}: has {len(pairs)} pairs, but {why}; list more"
    for pair in pairs:
        if not Path(pair.file).is_file():
            return f"{table}: line {pair.line}: there is no file {pair.file}"
    return None


def picture(pair: Pair, table: str | Path) -> Image.Image:
    """Open the image of a pair as a person would see it, in RGB.

    Args:
        pair: whose image.
        table: that lists it, for messages.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return opened(encoded({"bytes": None, "path": of_file(pair.file)}))
    except UnreadableError as error:
        raise InputError(
            f"{table}: line {pair.line}: {pair.file} cannot be used ({error}); mend it or drop the "
            "row"
        ) from error
