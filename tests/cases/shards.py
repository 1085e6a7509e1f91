"""Makers of Parquet files with images, and of what may be wrong with them."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq

from synthgap.image_sets.parquet_files import ParquetFiles
from synthgap.image_sets.sets import ImageSet
from tests.cases.sets import picture, put

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])

NAMES = ("owl", "Kräne")
"""What the numbers 0 and 1 of a file mean where nothing else is said."""


def shard(
    path: str,
    *rows: tuple[int | str, Any],
    names: Sequence[str] | None = NAMES,
    image: str | None = "Image",
    prompts: Sequence[Any] | None = None,
    kinds: Mapping[str, pa.DataType] = {},
    **layout: Any,
) -> None:
    """Write a Parquet file as the library `datasets` does.

    Args:
        path: where to.
        rows: label and number of the picture, or the cell of its image.
        names: what its numbers mean, in its metadata; None writes none.
        image: what the metadata say of the images.
        prompts: a column of that name.
        kinds: types of columns.
        layout: of the file.
    """
    cells = [
        {"bytes": picture(cell), "path": f"{cell}.png"} if isinstance(cell, int) else cell
        for _, cell in rows
    ]
    columns = {
        "image": pa.array(cells, kinds.get("image", IMAGE)),
        "label": pa.array([label for label, _ in rows], kinds.get("label")),
    }
    if prompts is not None:
        columns["prompt"] = pa.array(prompts)
    features = {
        "image": {"_type": image},
        "label": {"names": list(names or ()), "_type": "ClassLabel"},
    }
    said = {"huggingface": json.dumps({"info": {"features": features}})} if names else None
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    layout = {"compression": "none", "use_dictionary": False, **layout}
    pq.write_table(pa.table(columns).replace_schema_metadata(said), path, **layout)


def parquet(
    *shards: Callable[[], object], files: str = "data/*.parquet", **keys: Any
) -> Callable[[Path], ImageSet]:
    """A set of Parquet files, each written by a call."""

    def made(folder: Path) -> ImageSet:
        Path("data").mkdir()
        for make in shards:
            make()
        return ParquetFiles(kind="parquet", files=files, **keys)

    return made


def with_features(folder: Path) -> ImageSet:
    """Two files that `datasets` itself writes, each with its own order of names."""
    for number, names in enumerate((("Kräne", "owl"), ("owl", "Kräne"))):
        features = datasets.Features(
            {"image": datasets.Image(), "label": datasets.ClassLabel(names=list(names))}
        )
        cells = [{"bytes": picture(2 * number + label), "path": None} for label in (0, 1)]
        rows = {"image": cells, "label": [0, 1]}
        data = datasets.Dataset.from_dict(rows, features=features)
        data.to_parquet(f"data-{number}.parquet")
    return ParquetFiles(kind="parquet", files="data-*.parquet")


def named(path: str | None) -> dict[str, Any]:
    """An image that is a file."""
    return {"bytes": None, "path": path}


def pictures_beside() -> None:
    put(("files/1.png", 1), ("files/2.png", 2))


def damage(path: str, place: int) -> None:
    content = bytearray(Path(path).read_bytes())
    content[place : place + 40] = bytes(40)
    Path(path).write_bytes(content)


def column_place(path: str, column: str) -> int:
    """Where the values of a column begin, behind the header of their page."""
    group = pq.read_metadata(path).row_group(0)
    for number in range(group.num_columns):
        if group.column(number).path_in_schema == column:
            return int(group.column(number).data_page_offset)
    raise KeyError(column)


def lines(path: str, text: str) -> None:
    Path(path).write_text(text)


def one() -> None:
    shard("data/a.parquet", (1, 1), (0, 2))


def bare() -> None:
    shard("data/b.parquet", (1, 3), (0, 4), names=None)


LARGE = {
    "image": pa.struct([("path", pa.large_string()), ("bytes", pa.large_binary())]),
    "label": pa.dictionary(pa.int8(), pa.large_string()),
}
NO_PATHS = [{"bytes": picture(3)}, {"bytes": picture(4)}]
