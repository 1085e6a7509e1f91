"""Parquet files with images in them: which columns, which splits, how many images of a class."""

import glob
import json
import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from synthgap.command_line.listings import InParquet
from synthgap.command_line.splits import split_of
from synthgap.errors import InputError
from synthgap.image_sets.parquet_shards import Columns, shards_of

LABELS = ("label", "class_id", "labels", "class", "fine_label", "category")
"""What the column of labels is called where the files do not say which it is."""


def image_column(path: Path) -> str | None:
    """The first column of a Parquet file that holds images.

    Raises:
        InputError: it is no Parquet file.
    """
    for column in _schema(path):
        if pa.types.is_struct(column.type) and column.type.get_field_index("bytes") >= 0:
            return str(column.name)
    return None


def by_split(files: Sequence[Path]) -> Mapping[str, Sequence[Path]]:
    """Sort files as the library `datasets` does: by a split's name at the beginning of theirs."""
    found: dict[str, list[Path]] = defaultdict(list)
    for file in files:
        found[split_of(file.name) or "train"].append(file)
    return found


def read_parquet(files: Sequence[Path]) -> InParquet:
    """Count the images of each class in some files, reading their labels alone.

    Raises:
        InputError: a file lacks a column, or no pattern names these files and no others.
    """
    image = image_column(files[0])
    if image is None:
        raise InputError(f"{files[0]}: no column holds images (bytes and path)")
    label = _label_column(files[0])
    counts: Counter[str] = Counter()
    problem = None
    for file, shard in zip(
        files, shards_of(list(map(str, files)), Columns(image, label)), strict=True
    ):
        names = shard.names
        try:
            labels = pq.read_table(file, columns=[label], partitioning=None)[label]
        except (pa.ArrowException, OSError, KeyError) as error:
            raise InputError(f"{file}: its column {label} cannot be read") from error
        for value, images in Counter(labels.to_pylist()).items():
            if isinstance(value, int) and names is not None and 0 <= value < len(names):
                counts[names[value]] += images
            elif isinstance(value, str) and names is None:
                counts[value] += images
            else:
                problem = f"{images} images of {file.name} have no label ({label} is {value})"
    return InParquet(dict(counts), (), problem, _pattern(files), image, label)


def _schema(path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: not a readable Parquet file") from error


def _label_column(path: Path) -> str:
    schema = _schema(path)
    stored = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
    features: Mapping[str, Any] = stored.get("info", {}).get("features", {})
    labels = [
        name
        for name, feature in features.items()
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
    ]
    for name in (*LABELS, *labels):
        if name in schema.names and (name in labels or not labels):
            return name
    raise InputError(
        f"{path}: no column of labels, which is called {', '.join(LABELS[:-1])} or {LABELS[-1]}; "
        f"it has {', '.join(schema.names)}"
    )


def _pattern(files: Sequence[Path]) -> str:
    """A pattern that names these files and no others."""
    names = [str(file) for file in files]
    # Letter by letter: train-00000 and train-00001.
    beginning = os.path.commonprefix(names)  # noqa: RUF071
    for pattern in (glob.escape(beginning), f"{glob.escape(beginning)}*.parquet"):
        if sorted(glob.glob(pattern)) == sorted(names):
            return pattern
    raise InputError(
        f"{files[0].parent}: no pattern names {files[0].name} and the {len(files) - 1} files that "
        "go with it but no others; put them in a folder of their own"
    )
