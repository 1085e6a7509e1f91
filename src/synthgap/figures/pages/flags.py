"""The page of flagged images."""

from pathlib import Path

import pandas as pd

from synthgap.figures.pages.rendering import write_page
from synthgap.figures.pages.rows import plain

SHOWN = 30
"""Classes that the page lists; the table has them all."""


def write_flags(path: str | Path, flags: pd.DataFrame) -> None:
    """Write which images are no pictures, and say so where there are none.

    Args:
        path: where to, HTML.
        flags: `summary/flags`, a row a variant and class.
    """
    named = flags.rename(columns=lambda column: column.replace("_", " "))
    variants = named.drop(columns="class id").groupby("source", sort=False).sum().reset_index()
    worst = named[named["flagged"] > 0].sort_values("flagged", ascending=False, kind="stable")
    write_page(
        path,
        "flags",
        images=int(flags["images"].sum()),
        flagged=int(flags["flagged"].sum()),
        variants=plain(variants),
        classes=plain(worst.head(SHOWN)),
        more=len(worst),
    )
