"""Near-duplicates of natural-train: how many each source has, and how many chance would give."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa

from synthgap.described import Columns, described_table
from synthgap.leaks import tables
from synthgap.leaks.chance import Counted, by_chance
from synthgap.tables import read

TRAIN = "natural-train"

LEVEL = 0.05
"""Of all decisions of a study together (Bonferroni)."""

PATH = "the file, or the place inside one; empty where the image lies in the table itself"

COLUMNS: Columns = {
    "source": (pa.string(), "variant, natural-train or natural-val"),
    "images": (pa.int64(), "different images that are pictures; of natural-train those alike none"),
    "near_duplicates": (
        pa.int64(),
        "images that are near-duplicates of a natural-train image of their class; of natural-train "
        "itself of another one",
    ),
    "originals": (pa.int64(), "different natural-train images that they are near-duplicates of"),
    "expected": (
        pa.float64(),
        "near-duplicates by chance: at the rate of natural-train images among themselves; empty "
        "for these",
    ),
    "expected_low": (pa.float64(), "by chance there are as many at least, in 97.5 % of cases"),
    "expected_high": (pa.float64(), "by chance there are as many at most, in 97.5 % of cases"),
    "p_value": (pa.float64(), "probability of as many originals or more by chance"),
    "decided": (
        pa.bool_(),
        "there are more than by chance: p_value times the number of sources is below 0.05",
    ),
    "ratio": (pa.float64(), "threshold: near-duplicates have a lower ratio of distances"),
    "hash_distance": (pa.int32(), "threshold: their hashes differ in fewer of 64 bits"),
}
"""Of each column its type and what it means."""

LISTED: Columns = {
    "source": (pa.string(), "of the image"),
    **{name: tables.COLUMNS[name] for name in tables.COLUMNS if name != "near_duplicate"},
    "path": (pa.string(), PATH),
    "natural_path": (pa.string(), f"of the natural image: {PATH}"),
}
"""The same of the list of near-duplicates."""


class Judged(NamedTuple):
    """What was found of a source."""

    sizes: dict[str, int]
    """Images that were looked at, by class."""
    near: pd.DataFrame
    """Near-duplicates."""


def summary_tables(
    found: Mapping[str, str | Path],
    thresholds: str | Path,
    images: Mapping[str, Sequence[str | Path]],
) -> tuple[pa.Table, pa.Table]:
    """Count the near-duplicates of all sources, and list them, the most alike of each source first.

    Args:
        found: of each source its table of `leaks`.
        thresholds: which they were judged by.
        images: of each source its image tables, which say where listed images lie.

    Returns:
        A row a source, and a row a near-duplicate.
    """
    judged = {source: _judged(table) for source, table in found.items()}
    (threshold,) = read(thresholds, ["ratio", "hash_distance"]).to_pylist()
    twins = judged[TRAIN].near["class_id"].value_counts()
    natural = {
        name: Counted(count, int(twins.get(name, 0))) for name, count in judged[TRAIN].sizes.items()
    }
    rows = [
        _counts(source, each, natural, len(judged) - 1) | threshold
        for source, each in judged.items()
    ]
    listed = [row for source, each in judged.items() for row in _listed(source, each.near, images)]
    return described_table(rows, COLUMNS), described_table(listed, LISTED)


def _judged(table: str | Path) -> Judged:
    """Read the table of a source, of which near-duplicates are a small part."""
    rows = read(table)
    sizes = rows["class_id"].value_counts().to_pylist()
    return Judged(
        {each["values"]: each["counts"] for each in sizes},
        rows.filter(rows["near_duplicate"]).drop_columns("near_duplicate").to_pandas(),
    )


def _counts(
    source: str, judged: Judged, natural: Mapping[str, Counted], tests: int
) -> dict[str, Any]:
    originals = len(judged.near[["class_id", "natural_index"]].drop_duplicates())
    counts = {
        "source": source,
        "images": sum(judged.sizes.values()),
        "near_duplicates": len(judged.near),
        "originals": originals,
    }
    if source == TRAIN:
        return counts
    none = Counted(0, 0)
    known = {name: natural.get(name, none) for name in judged.sizes}
    chance = by_chance(originals, judged.sizes, known)
    return counts | {
        "expected": chance.expected,
        "expected_low": chance.low,
        "expected_high": chance.high,
        "p_value": chance.p_value,
        "decided": chance.p_value * tests < LEVEL,
    }


def _listed(
    source: str, near: pd.DataFrame, images: Mapping[str, Sequence[str | Path]]
) -> list[Mapping[Any, Any]]:
    near = near.sort_values(["hash_distance", "ratio"], kind="stable")
    rows: list[Mapping[Any, Any]] = []
    paths: dict[tuple[str, str], dict[int, str | None]] = {}
    for row in near.to_dict("records"):
        for name in (source, TRAIN):
            key = name, row["class_id"]
            if key not in paths:
                paths[key] = _paths(images[name], row["class_id"])
        rows.append(
            {
                "source": source,
                **row,
                "path": paths[source, row["class_id"]][row["index"]],
                "natural_path": paths[TRAIN, row["class_id"]][row["natural_index"]],
            }
        )
    return rows


def _paths(images: Sequence[str | Path], class_id: str) -> dict[int, str | None]:
    table = next(table for table in images if Path(table).stem == class_id)
    rows = read(table, ["index", "image.path"]).to_pylist()
    return {row["index"]: row["image"]["path"] for row in rows}
