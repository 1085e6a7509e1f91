"""Near-duplicates side by side: a picture a pair, the image left of the natural-train image."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from PIL import Image

from synthgap.report.sprites import is_small, small_pictures, write_sprite
from synthgap.summary.verdict import BASELINE
from synthgap.tables import read

FOLDER = "leaks"
"""In the report's."""

SHOWN = 12
"""Pairs of a source, the most alike."""


class Pair(NamedTuple):
    """Two images, and what makes them near-duplicates."""

    picture: str
    """File in the report's folder."""
    source: str
    class_id: str
    image: int
    """Index of it."""
    natural: int
    """Index of the natural-train image."""
    cosine: float
    ratio: float
    hash_distance: int


def pairs_shown(
    folder: Path, listed: pd.DataFrame, images: Mapping[tuple[str, str], str | Path]
) -> list[Pair]:
    """Write the pictures of the most alike pairs of each source.

    Args:
        folder: the report's.
        listed: `summary/near_duplicates`.
        images: of each source and class its image table.

    Raises:
        InputError: a picture cannot be opened, or is not what its table lists.
    """
    shown: list[Pair] = []
    for source, rows in listed.groupby("source", sort=False):
        seen: set[tuple[str, frozenset[int]]] = set()
        for row in rows.to_dict("records"):
            class_id, ends = row["class_id"], (row["index"], row["natural_index"])
            # Natural twins are found from both sides.
            both = class_id, frozenset(ends)
            if len(seen) == SHOWN or (source == BASELINE and both in seen):
                continue
            picture = f"{FOLDER}/{len(shown)}.webp"
            sides = (str(source), ends[0]), (BASELINE, ends[1])
            tables = [images[name, class_id] for name, _ in sides]
            write_sprite(
                folder / picture,
                [_picture(table, index) for table, (_, index) in zip(tables, sides, strict=True)],
                len(sides),
                small=all(map(is_small, tables)),
            )
            seen.add(both if source == BASELINE else (class_id, frozenset([len(shown)])))
            shown.append(
                Pair(
                    picture,
                    str(source),
                    class_id,
                    *ends,
                    row["cosine"],
                    row["ratio"],
                    row["hash_distance"],
                )
            )
    return shown


def _picture(table: str | Path, index: int) -> Image.Image:
    row = read(table, ["index"])["index"].to_pylist().index(index)
    return small_pictures(table, [row])[0]
