"""How many images of each source and class are copies of others, byte for byte."""

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from jaxtyping import Bool, Int

from synthgap.described import Columns, described_table
from synthgap.image_sets.copies import check_copies, written
from synthgap.tables import read

COLUMNS: Columns = {
    "source": (pa.string(), "variant, natural-train or natural-val"),
    "class_id": (pa.string(), "the class; empty for all classes together"),
    "images": (pa.int64(), "images that the source has of the class"),
    "distinct": (pa.int64(), "different contents among them"),
    "repeated": (pa.int64(), "images with the content of an earlier one of their class"),
    "in_other_classes": (pa.int64(), "images whose content the source has in another class, too"),
    "of_natural_train": (
        pa.int64(),
        "images whose content is in natural-train, too; empty for natural-train itself",
    ),
    "of_natural_val": (
        pa.int64(),
        "images whose content is in natural-val, too; empty for natural-val itself",
    ),
    "copies": (pa.int64(), "images of any of these four kinds, each counted once"),
}
"""Of each column its type and what it means."""

KINDS = {
    "repeated": "of an earlier image of the class",
    "in_other_classes": "of an image of another class",
    "of_natural_train": "of natural-train",
    "of_natural_val": "of natural-val",
}
"""What images are copies of, by column; the words follow a number."""


def copies_table(
    source: str,
    tables: Sequence[str | Path],
    natural: Mapping[str, Sequence[str | Path]],
    max_copies: float | None,
) -> pa.Table:
    """Count the copies of a source: a row for all classes, then one a class.

    Only the hashes of the image tables are read.

    Args:
        source: its name.
        tables: its image tables, a class each and named by it.
        natural: the image tables of natural-train and natural-val, but for those of the source
            itself.
        max_copies: largest share of a class's images that may be copies; None if any may.

    Raises:
        InputError: a class has too many copies.
    """
    own = [_hashes(table) for table in tables]
    others = {name: [_hashes(table) for table in files] for name, files in natural.items()}
    numbers = _numbered(chain(own, *others.values()))
    sizes = {"own": own, **others}
    cuts = np.cumsum([sum(map(len, columns)) for columns in sizes.values()])[:-1]
    contents, *natural_contents = np.split(numbers, cuts)
    classes = np.repeat(np.arange(len(own)), [len(column) for column in own])
    known = int(numbers.max(initial=-1)) + 1
    found = _within(contents, classes, known)
    for name, there in zip(others, natural_contents, strict=True):
        is_there = np.zeros(known, bool)
        is_there[there] = True
        found[f"of_{name.replace('-', '_')}"] = is_there[contents]
    found["copies"] = np.logical_or.reduce(list(found.values()))
    by_class = {
        column: np.bincount(classes[hits], minlength=len(own)) for column, hits in found.items()
    }
    rows: list[dict[str, Any]] = [
        {
            "source": source,
            "class_id": Path(table).stem,
            "images": len(hashes),
            "distinct": len(hashes) - int(by_class["repeated"][number]),
            **{column: int(counts[number]) for column, counts in by_class.items()},
        }
        for number, (table, hashes) in enumerate(zip(tables, own, strict=True))
    ]
    if max_copies is not None:
        for row in rows:
            place = f"{source}, {row['class_id']}"
            check_copies(place, row["images"], row["copies"], _kinds(row), max_copies)
    together = {
        "source": source,
        "images": len(contents),
        "distinct": len(np.unique(contents)),
        **{column: int(hits.sum()) for column, hits in found.items()},
    }
    return described_table([together, *rows], COLUMNS)


def sentences(copies: pd.DataFrame) -> list[str]:
    """Say of each source that has copies what they are of.

    Args:
        copies: `summary/copies`.
    """
    together = copies[copies["class_id"].isna() & (copies["copies"] > 0)]
    return [
        f"{row['source']}: {row['copies']:,} of {row['images']:,} images are copies, byte for byte "
        f"({written(_kinds(row))})."
        for row in together.to_dict("records")
    ]


def _kinds(row: Mapping[Any, Any]) -> dict[str, int]:
    """What the images of a row are copies of, and how many."""
    counts = {words: row.get(column) for column, words in KINDS.items()}
    return {words: int(count) for words, count in counts.items() if not pd.isna(count)}


def _hashes(table: str | Path) -> pa.ChunkedArray:
    return read(table, ["sha256"])["sha256"]


def _numbered(columns: chain[pa.ChunkedArray]) -> Int[np.ndarray, "n"]:
    """Number the different hashes of columns that follow each other."""
    chunks = [chunk for column in columns for chunk in column.chunks]
    # As one array they share a dictionary; its offsets are of 64 bits, as 34 million hashes need.
    texts = pa.chunked_array(chunks, pa.string()).cast(pa.large_string()).combine_chunks()
    numbers: Int[np.ndarray, "n"] = texts.dictionary_encode().indices.to_numpy()
    return numbers


def _within(
    contents: Int[np.ndarray, "n"], classes: Int[np.ndarray, "n"], known: int
) -> dict[str, Bool[np.ndarray, "n"]]:
    """Of a source's images which repeat one of their class, and which another class has, too."""
    pairs, first = np.unique(classes * known + contents, return_index=True)
    repeated = np.ones(len(contents), bool)
    repeated[first] = False
    classes_of = np.bincount(pairs % known, minlength=known) if known else np.zeros(0, int)
    return {"repeated": repeated, "in_other_classes": classes_of[contents] > 1}
