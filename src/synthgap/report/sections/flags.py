"""The page of flagged images, and of images that are copies of others."""

import pandas as pd
from markupsafe import Markup

from synthgap.report.rendering import rendered
from synthgap.report.rows import plain

SHOWN = 30
"""Classes that the page lists; the table has them all."""


def flags_section(flags: pd.DataFrame, copies: pd.DataFrame) -> Markup:
    """Write which images are no pictures and which are copies, and say so where there are none.

    Args:
        flags: `summary/flags`, a row a source and class.
        copies: `summary/copies`, of each source a row for all classes, then one a class.
    """
    named = flags.rename(columns=_spaced)
    sources = named.drop(columns="class id").groupby("source", sort=False).sum().reset_index()
    worst = _worst(named, "flagged")
    counted = copies.rename(columns=_spaced)
    together = counted["class id"].isna()
    for column in counted.columns.difference(["source", "class id"], sort=False):
        # A natural source is not compared with itself.
        numbers = counted[column].astype("Int64").astype(object)
        counted[column] = numbers.where(numbers.notna(), "–")
    copied = _worst(counted[~together], "copies")
    return rendered(
        "flags",
        images=int(flags["images"].sum()),
        flagged=int(flags["flagged"].sum()),
        sources=plain(sources),
        classes=plain(worst.head(SHOWN)),
        more=len(worst),
        copies=int(copies.loc[together, "copies"].sum()),
        copied_sources=plain(counted[together].drop(columns="class id")),
        copied_classes=plain(copied.head(SHOWN)),
        more_copied=len(copied),
    )


def _spaced(column: str) -> str:
    return column.replace("_", " ")


def _worst(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """The rows with any, those with the most first."""
    return table[table[column] > 0].sort_values(column, ascending=False, kind="stable")
