"""Where each image of a training lies, so that any of them can be read alone, in any order.

The index is built once, before a training. It holds no pictures but those of tables in which they
cannot be read alone: what was compressed by an older version of this project.
"""

import sys
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from tqdm import tqdm

from synthgap import seeds
from synthgap.errors import InputError
from synthgap.image_files.byte_ranges import byte_ranges, parse
from synthgap.provenance import digest
from synthgap.tables import read

INDEX = pa.schema(
    [
        pa.field("class_id", pa.string()),
        pa.field("index", pa.int32()),
        pa.field("key", pa.string()),
        pa.field("path", pa.large_string()),
        pa.field("offset", pa.int64()),
        pa.field("length", pa.int64()),
        pa.field("bytes", pa.large_binary()),
        pa.field("sha256", pa.string()),
        pa.field("table", pa.dictionary(pa.int32(), pa.string())),
    ]
)
"""One row an image: its place in `path`, all of that file if `offset` is null, or its `bytes`; and
the image table. Where the image does not lie in that table itself, `sha256` is the hash that it
must have."""


class Part(NamedTuple):
    """The images that a training takes of one source and class."""

    table: str
    """Path of the image table."""
    source: str
    take: int | None
    """How many, chosen at random; None is all."""


def index_images(parts: Sequence[Part]) -> pa.Table:
    """Build the index of a training's images, in the order of the tables and their rows.

    A choice among a table's images depends on source and class alone, and a larger one contains
    the smaller.

    Raises:
        InputError: a table has fewer images than are to be taken, or cannot be read.
    """
    with tqdm(parts, desc="index", unit="table", file=sys.stderr) as progress:
        return pa.concat_tables([_of_table(part) for part in progress])


def data_identity(index: pa.Table) -> str:
    """Hash what the images are and how they are ordered."""
    return digest([index["class_id"].to_pylist(), index["key"].to_pylist()])


def _of_table(part: Part) -> pa.Table:
    places = byte_ranges(part.table)
    others = ["class_id", "index", "key", "sha256"]
    if places is None:
        table = read(part.table, ["image", *others])
        cells = table["image"].to_pylist()
        own = [cell["bytes"] is not None for cell in cells]
        located = [_row(cell["path"], cell["bytes"]) for cell in cells]
    else:
        # Of the images nothing but their paths; `read_table` would read their bytes as well.
        with pq.ParquetFile(part.table) as file:
            table = file.read(columns=["image.path", *others])
        own = [place is not None for place in places]
        located = [
            (part.table, *place, None) if place else _row(cell["path"], None)
            for cell, place in zip(table["image"].to_pylist(), places, strict=True)
        ]
    places_of = zip(*located, strict=True) if located else [()] * 4
    hashes = pc.if_else(pa.array(own, pa.bool_()), pa.scalar(None, pa.string()), table["sha256"])
    made_of = pa.DictionaryArray.from_arrays(np.zeros(len(table), np.int32), [part.table])
    columns = [table["class_id"], table["index"], table["key"], *map(list, places_of)]
    found = pa.table([*columns, hashes, made_of], schema=INDEX)
    return found if part.take is None else found.take(_choice(part, table))


def _row(path: str, content: bytes | None) -> tuple[str, int | None, int | None, bytes | None]:
    reference = None if content is not None else parse(path)
    return (*reference, None) if reference else (path, None, None, content)


def _choice(part: Part, table: pa.Table) -> np.ndarray:
    available = table.num_rows
    assert part.take is not None
    if part.take > available:
        raise InputError(
            f"{part.table}: the training set takes {part.take} images a class of {part.source}, "
            f"but there are {available}; lower images_per_class or the proportion"
        )
    class_id = table["class_id"][0].as_py() if available else ""
    order = seeds.generator("mixture", part.source, class_id).permutation(available)
    return np.sort(order[: part.take])
