"""The tables of a derived variant: rows of its sources', taken over as they are.

Images are not copied. A row of an image table that has bytes is referred to where they lie; one
that refers elsewhere already says the same here, so that every path leads to the bytes themselves.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from synthgap.derived.origin_table import origin_of
from synthgap.errors import InputError
from synthgap.image_files.byte_ranges import Reference, byte_ranges
from synthgap.image_files.parquet_rows import Row
from synthgap.tables import IMAGES, read, write


def take_images(
    path: str | Path,
    *,
    origin: str | Path,
    class_id: str,
    images: Mapping[str, str | Path],
    metadata: Mapping[str, str],
) -> None:
    """Write the image table of one class of a derived variant.

    Args:
        path: where to. Columns as in any image table; no row has bytes.
        origin: which images of which sources it has, see `origin_table`.
        class_id: the class.
        images: of each source its image table of the class.
        metadata: what made the table.

    Raises:
        InputError: an image is not in its source's table any more.
    """
    parts = []
    for source, wanted in _by_source(origin, class_id).items():
        table = _without_bytes(images[source])
        parts.append(table.take(_rows_of(images[source], table, wanted)))
    write(pa.concat_tables(parts), path, metadata)


def take_embeddings(
    path: str | Path,
    *,
    origin: str | Path,
    class_id: str,
    embeddings: Mapping[str, str | Path],
    metadata: Mapping[str, str],
) -> None:
    """Write the embeddings of one class of a derived variant, in the order of its image table.

    Args:
        path: where to.
        origin: as in `take_images`.
        class_id: the class.
        embeddings: of each source its embeddings of the class, by one encoder.
        metadata: what made the table.

    Raises:
        InputError: an image is not in its source's table any more.
    """
    parts = []
    for source, wanted in _by_source(origin, class_id).items():
        table = read(embeddings[source]).replace_schema_metadata(None)
        parts.append(table.take(_rows_of(embeddings[source], table, wanted)))
    write(pa.concat_tables(parts), path, metadata)


def take_prompts(
    path: str | Path,
    *,
    origin: str | Path,
    class_ids: Sequence[str],
    prompts: Mapping[str, str | Path],
    metadata: Mapping[str, str],
) -> None:
    """Write the embeddings of the prompts of a derived variant: of each class its source's.

    Args:
        path: where to.
        origin: as in `take_images`. A class has images of one source alone.
        class_ids: the classes.
        prompts: of each source the embeddings of its prompts, by one encoder.
        metadata: what made the table.
    """
    table = read(origin, ["class_id", "source"]).group_by(["class_id", "source"]).aggregate([])
    source_of = dict(zip(table["class_id"].to_pylist(), table["source"].to_pylist(), strict=True))
    tables = {source: read(file).replace_schema_metadata(None) for source, file in prompts.items()}
    parts = []
    for class_id in class_ids:
        found = tables[source_of[class_id]]
        mine = [name == class_id for name in found["class_id"].to_pylist()]
        parts.append(found.filter(pa.array(mine)))
    write(pa.concat_tables(parts), path, metadata)


def _by_source(origin: str | Path, class_id: str) -> dict[str, dict[int, str]]:
    """Of each source the keys of a class's images by their index."""
    table = origin_of(origin, class_id)
    found: dict[str, dict[int, str]] = {}
    for source, index, key in zip(*(column.to_pylist() for column in table.columns), strict=True):
        found.setdefault(source, {})[index] = key
    return found


def _rows_of(path: str | Path, table: pa.Table, wanted: Mapping[int, str]) -> pa.Array:
    """Where the wanted images lie in a table."""
    indices, keys = table["index"].to_pylist(), table["key"].to_pylist()
    row_of = {index: row for row, index in enumerate(indices)}
    for index, key in wanted.items():
        if index not in row_of or keys[row_of[index]] != key:
            raise InputError(
                f"{path}: image {index} is not what it was when images were chosen; run again"
            )
    return pa.array(sorted(row_of[index] for index in wanted), pa.int64())


def _without_bytes(path: str | Path) -> pa.Table:
    """An image table whose images say where they lie."""
    others = [name for name in IMAGES.names if name != "image"]
    places = byte_ranges(path)
    if places is None:
        # Of an older version, compressed: rows are all that can be said.
        own = [cell["bytes"] is not None for cell in read(path, ["image"])["image"].to_pylist()]
        said = [str(Row(str(path), row, "image")) for row in range(len(own))]
    else:
        own = [place is not None for place in places]
        said = [str(Reference(str(path), *(place or (0, 0)))) for place in places]
    # Not the bytes themselves.
    with pq.ParquetFile(path) as file:
        table = file.read(["image.path", *others]).replace_schema_metadata(None)
    cells = [
        {"bytes": None, "path": said[row] if own[row] else cell["path"]}
        for row, cell in enumerate(table["image"].to_pylist())
    ]
    columns = {"image": pa.array(cells, IMAGES.field("image").type)}
    columns |= {name: table[name] for name in others}
    return pa.table([columns[name] for name in IMAGES.names], schema=IMAGES)
