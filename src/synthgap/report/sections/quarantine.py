"""The page of the images that were put aside."""

from collections.abc import Sequence

import pandas as pd
from markupsafe import Markup

from synthgap.report.rendering import rendered
from synthgap.report.rows import plain

SHOWN = 200
"""Rows on the page; the tables hold all of them."""


def quarantine_section(aside: pd.DataFrame, sources: Sequence[str]) -> Markup:
    """Write counts by source and reason, then what was put aside.

    Args:
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
    return rendered(
        "quarantine",
        sources=", ".join(sources),
        aside=len(aside),
        unreadable=int(aside["unreadable"].sum()),
        counts=plain(counts.assign(unreadable=counts["unreadable"].map(said))),
        listed=plain(worst.head(SHOWN).assign(unreadable=worst["unreadable"].map(said))),
    )
