"""The page of leaks: near-duplicates of natural-train, counted beside chance, and shown."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd
from markupsafe import Markup

from synthgap.numbers import NOTHING, number
from synthgap.report.leak_pictures import Pair
from synthgap.report.rendering import rendered
from synthgap.summary.said_of_leaks import by_chance_written
from synthgap.summary.verdict import BASELINE


class SourceRow(NamedTuple):
    """What a source has of near-duplicates."""

    source: str
    images: str
    near_duplicates: str
    originals: str
    by_chance: str
    p_value: str
    decided: bool


class Shown(NamedTuple):
    """A pair in words."""

    picture: str
    name: str
    text: str


class OfSource(NamedTuple):
    """Some pairs of a source."""

    source: str
    more: int
    """Near-duplicates that it has in all, as those of the table."""
    pairs: list[Shown]


def leaks_section(leaks: pd.DataFrame, pairs: Sequence[Pair], names: Mapping[str, str]) -> Markup:
    """Write what each source has, and show the most alike pairs.

    Args:
        leaks: `summary/leaks`.
        pairs: that are shown.
        names: of the classes.
    """
    rows = leaks.to_dict("records")
    first = rows[0]
    return rendered(
        "leaks",
        rows=[
            SourceRow(
                row["source"],
                f"{row['images']:,}",
                f"{row['near_duplicates']:,}",
                f"{row['originals']:,}",
                NOTHING if pd.isna(row["expected"]) else by_chance_written(row),
                "< 0.0001" if row["p_value"] < 0.0001 else number(row["p_value"], 4),
                row["decided"] is True,
            )
            for row in rows
        ],
        ratio=number(first["ratio"], 2),
        bits=int(first["hash_distance"]),
        sources=[
            OfSource(
                row["source"],
                row["near_duplicates"],
                [_shown(pair, names) for pair in pairs if pair.source == row["source"]],
            )
            for row in rows
            if row["near_duplicates"]
        ],
        baseline=BASELINE,
    )


def _shown(pair: Pair, names: Mapping[str, str]) -> Shown:
    return Shown(
        pair.picture,
        names[pair.class_id],
        f"{pair.image} and {pair.natural}; ratio {number(pair.ratio, 2)}, "
        f"cosine {number(pair.cosine)}, "
        f"{pair.hash_distance} of 64 bits",
    )
