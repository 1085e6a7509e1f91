"""The page of the images that were put aside."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from synthgap.figures.pages.rendering import write_page
from synthgap.figures.pages.rows import plain

SHOWN = 1000
"""Rows on the page; the tables hold all of them."""


def write_quarantine(path: str | Path, aside: pd.DataFrame, sources: Sequence[str]) -> None:
    """Write counts by source and reason, then what was put aside.

    Args:
        path: where to, HTML.
        aside: `summary/quarantine`, a row a file or image.
        sources: the sources that were read.
    """
    worst = aside.sort_values("unreadable", ascending=False, kind="stable")
    counts = worst.pivot_table(
        index=["unreadable", "reason"],
        columns="source",
        values="path",
        aggfunc="count",
        fill_value=0,
    ).reset_index()
    counts = counts.sort_values("unreadable", ascending=False, kind="stable")
    said = {True: "yes", False: "no"}
    write_page(
        path,
        "quarantine",
        sources=", ".join(sources),
        aside=len(aside),
        unreadable=int(aside["unreadable"].sum()),
        counts=plain(counts.assign(unreadable=counts["unreadable"].map(said))),
        listed=plain(worst.head(SHOWN).assign(unreadable=worst["unreadable"].map(said))),
    )
