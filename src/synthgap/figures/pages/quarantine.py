"""The page of the images that were put aside."""

import html
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from synthgap.figures.pages.template import write_page

SHOWN = 1000
"""Rows on the page; the tables hold all of them."""


def write_quarantine(path: str | Path, aside: pd.DataFrame, sources: Sequence[str]) -> None:
    """Write counts by source and reason, then what was put aside.

    Args:
        path: where to, HTML.
        aside: `source`, `class_id`, `path`, `reason`, `unreadable`; a row a file or image.
        sources: the sources that were read.
    """
    read = html.escape(", ".join(sources))
    if aside.empty:
        body = f"<p>Nothing was put aside: every file of {read} was used.</p>"
    else:
        counts = aside.pivot_table(
            index=["unreadable", "reason"],
            columns="source",
            values="path",
            aggfunc="count",
            fill_value=0,
        ).reset_index()
        counts = counts.sort_values("unreadable", ascending=False, kind="stable")
        listed = aside.sort_values("unreadable", ascending=False, kind="stable").head(SHOWN)
        more = "" if len(aside) <= SHOWN else f" The first {SHOWN} are listed."
        body = (
            f"<p>{len(aside)} files or images of {read} were put aside, "
            f"{aside['unreadable'].sum()} of them unreadable images, which count against "
            f"max_unreadable.{more} All of them: summary/quarantine.csv.</p>"
            f"{_table(counts)}{_table(listed)}"
        )
    write_page(path, ["<h1>Images put aside</h1>", body])


def _table(rows: pd.DataFrame) -> str:
    shown = rows.assign(unreadable=rows["unreadable"].map({True: "yes", False: "no"}))
    return str(shown.rename_axis(columns=None).to_html(index=False, border=0))
