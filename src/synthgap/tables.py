"""The Parquet tables that stages hand to each other: their schemas, reading and writing."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float, Float32

from synthgap.errors import InputError
from synthgap.files import replacing

IMAGES = pa.schema(
    [
        pa.field("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        pa.field("class_id", pa.string()),
        pa.field("index", pa.int32()),
        pa.field("prompt", pa.string()),
        pa.field("seed", pa.int64()),
        pa.field("key", pa.string()),
        pa.field("sha256", pa.string()),
        pa.field("flag", pa.string()),
    ]
)
"""One row an image. Natural images from files hold a path alone; `prompt` and `seed` are null.
`flag` says what is wrong with an image that is no picture, and is null for an ordinary one."""

CAPTIONS = pa.schema(
    [
        pa.field("class_id", pa.string()),
        pa.field("index", pa.int32()),
        pa.field("key", pa.string()),
        pa.field("caption", pa.string()),
    ]
)
"""One row an image of an image table, in its order. A caption may be empty."""

ROW_GROUP_BYTES = 32 * 2**20
"""Of an image table, about: some 400 JPEGs of 512 × 512 pixels. Reading a row reads its group."""


def embeddings_schema(dimensions: int) -> pa.Schema:
    """Schema of a table of embeddings, of images or of prompts: one row an embedded thing."""
    return pa.schema(
        [
            pa.field("class_id", pa.string()),
            pa.field("index", pa.int32()),
            pa.field("key", pa.string()),
            pa.field("embedding", pa.list_(pa.float32(), dimensions)),
            pa.field("norm", pa.float32()),
        ]
    )


def write(table: pa.Table, path: str | Path, metadata: Mapping[str, str]) -> None:
    """Write a table, with what made it in the Parquet metadata.

    Encoded images do not compress; they lie in the file as they are, so that each can be read alone
    (see `synthgap.image_files.byte_ranges`).
    """
    described = {f"synthgap.{key}": value for key, value in metadata.items()}
    layout: dict[str, Any] = {"compression": "zstd"}
    if table.schema.names == IMAGES.names:
        described["huggingface"] = json.dumps({"info": {"features": _features(table.schema)}})
        layout = _image_layout(table)
    with replacing(path) as beside:
        pq.write_table(table.replace_schema_metadata(described), beside, **layout)


FORMULA = r"^(\x{feff}?\s*[=+\-@\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]|[\t\n])"
"""What a spreadsheet takes for the beginning of a formula, or passes over before one."""


def write_with_csv(table: pa.Table, path: str | Path, metadata: Mapping[str, str]) -> None:
    """Write a table as `write` does and, beside it, as CSV."""
    write(table, path, metadata)
    write_csv(table, Path(path).with_suffix(".csv"))


def write_csv(table: pa.Table, path: str | Path) -> None:
    """Write a table as CSV, for people.

    They open it in a spreadsheet, which would run a text such as `=cmd|...`; so a text that
    begins like a formula gets an apostrophe before it (OWASP, CSV Injection). Numbers stay as they
    are.
    """
    with replacing(path) as beside:
        # Between quotes, since a spreadsheet may part cells at other characters than commas.
        texts = csv.QUOTE_NONNUMERIC
        _without_formulas(table).to_pandas().to_csv(beside, index=False, quoting=texts)


def _without_formulas(table: pa.Table) -> pa.Table:
    import pyarrow.compute as pc

    for place, field in enumerate(table.schema):
        kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            texts = table.column(place).cast(kind)
            # pandas quotes no carriage return, after which a reader would begin a row.
            texts = pc.replace_substring_regex(texts, "\r\n?", "\n")
            defused = pc.replace_substring_regex(texts, FORMULA, r"'\1")
            table = table.set_column(place, field.name, defused)
    return table


def read(path: str | Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read one table.

    Raises:
        InputError: the file is no Parquet table.
    """
    # pyarrow's read_table imports pandas, which takes longer than measuring a class.
    with _reading(path), pq.ParquetFile(path) as file:
        return file.read(columns)


def read_pieces(path: str | Path, rows: int) -> Iterator[pa.Table]:
    """Read one table piece by piece, without ever holding all of it.

    Args:
        path: the table.
        rows: rows of a piece, at most.

    Raises:
        InputError: the file is no Parquet table.
    """
    with _reading(path), pq.ParquetFile(path) as file:
        for piece in file.iter_batches(rows):
            yield pa.Table.from_batches([piece])


@contextmanager
def _reading(path: str | Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except (pa.ArrowInvalid, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path}: not a readable Parquet table ({reason}); delete it to make it again"
        ) from error


def metadata_of(path: str | Path) -> dict[str, str]:
    """Read back what `write` said about a table."""
    raw = pq.read_schema(path).metadata or {}
    prefix = b"synthgap."
    return {
        key.removeprefix(prefix).decode(): value.decode()
        for key, value in raw.items()
        if key.startswith(prefix)
    }


def write_embeddings(
    path: str | Path,
    source: pa.Table,
    features: Float[np.ndarray, "n d"],
    metadata: Mapping[str, str],
) -> None:
    """Write the embeddings of the rows of `source`, normalised to unit length.

    Args:
        path: where to.
        source: table with `class_id`, `index` and `key`, n rows.
        features: what the encoder gave for each row.
        metadata: what made them.

    Raises:
        InputError: a feature is zero, infinite or not a number.
    """
    norms = np.linalg.norm(features, axis=1)
    if not np.all(np.isfinite(norms) & (norms > 0)):
        bad = source.slice(int(np.flatnonzero(~(np.isfinite(norms) & (norms > 0)))[0]), 1)
        raise InputError(
            f"{path}: the encoder gave no usable embedding for image {bad['index'][0]} of class "
            f"{bad['class_id'][0]}: its norm is zero or not finite; try dtype float32"
        )
    unit = (features / norms[:, None]).astype(np.float32)
    embedding = pa.FixedSizeListArray.from_arrays(pa.array(unit.ravel()), unit.shape[1])
    columns = [source["class_id"], source["index"], source["key"], embedding]
    table = pa.Table.from_arrays(
        [*columns, pa.array(norms.astype(np.float32))], schema=embeddings_schema(unit.shape[1])
    )
    write(table, path, metadata)


def read_embeddings(path: str | Path) -> Float32[np.ndarray, "n d"]:
    """Read the unit embeddings of one table, in the order of its rows."""
    return embeddings_in(read(path, ["embedding"]))


def embeddings_in(table: pa.Table) -> Float32[np.ndarray, "n d"]:
    """The unit embeddings of a table in memory, in the order of its rows."""
    column = table["embedding"].combine_chunks()
    dimensions: int = column.type.list_size
    flat = column.flatten()
    # Without to_numpy, which imports pandas.
    values: Float32[np.ndarray, "n d"] = np.frombuffer(
        flat.buffers()[1], np.float32, len(flat), 4 * flat.offset
    ).reshape(-1, dimensions)
    return values


def one_row(values: Mapping[str, Any]) -> pa.Table:
    """Make a table of one row, of whole numbers, floats, texts and arrays of float64.

    As `pa.Table.from_pylist` does, but from buffers: pyarrow's conversion of Python objects imports
    pandas.

    >>> one_row({"class_id": "crane", "n": 2, "draws": np.array([0.5, 1.5])}).to_pylist()
    [{'class_id': 'crane', 'n': 2, 'draws': [0.5, 1.5]}]
    """
    return pa.Table.from_arrays([_column_of_one(x) for x in values.values()], names=list(values))


def _column_of_one(value: float | str | Float[np.ndarray, "n"]) -> pa.Array:
    if isinstance(value, str):
        text = value.encode()
        buffers = [None, pa.py_buffer(np.array([0, len(text)], np.int32)), pa.py_buffer(text)]
        return pa.Array.from_buffers(pa.string(), 1, buffers)
    if isinstance(value, np.ndarray):
        return pa.ListArray.from_arrays(
            _numbers(pa.int32(), np.array([0, len(value)], np.int32)),
            _numbers(pa.float64(), np.ascontiguousarray(value, np.float64)),
        )
    if isinstance(value, int):
        return _numbers(pa.int64(), np.array([value], np.int64))
    return _numbers(pa.float64(), np.array([value], np.float64))


def _numbers(kind: pa.DataType, values: np.ndarray) -> pa.Array:
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


def concatenate(paths: Iterable[str | Path], columns: Sequence[str] | None = None) -> pa.Table:
    """Read several tables of one schema one after another."""
    return pa.concat_tables(
        [read(path, columns).replace_schema_metadata(None) for path in paths],
        promote_options="permissive",
    )


def _image_layout(table: pa.Table) -> dict[str, Any]:
    """Everything is compressed but `image.bytes`, which also has no dictionary."""
    others = ["image.path", *(name for name in table.schema.names if name != "image")]
    row_bytes = max(1, table.nbytes // max(1, table.num_rows))
    return {
        "compression": {"image.bytes": "none", **dict.fromkeys(others, "zstd")},
        "use_dictionary": others,
        # Least and greatest image mean nothing.
        "write_statistics": others,
        "row_group_size": max(1, ROW_GROUP_BYTES // row_bytes),
    }


def _features(schema: pa.Schema) -> dict[str, Any]:
    """Describe the columns of an image table as the `datasets` library does."""
    names = {pa.string(): "string", pa.int32(): "int32", pa.int64(): "int64"}
    return {
        field.name: {"_type": "Image"}
        if field.name == "image"
        else {"dtype": names[field.type], "_type": "Value"}
        for field in schema
    }
