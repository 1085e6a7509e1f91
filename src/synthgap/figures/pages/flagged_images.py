"""The report's page of flagged images."""

import html
from pathlib import Path

import pandas as pd

from synthgap.figures.pages.template import write_page

SHOWN = 30
"""Classes that the page lists; the table has them all."""


def write_flags_page(path: str | Path, flags: pd.DataFrame) -> None:
    """Write which images are no pictures, and say so where there are none.

    Args:
        path: where to, HTML.
        flags: a row a variant and class: `source`, `class_id`, `images`, `flagged`, and a column of
            counts for each flag.
    """
    images, flagged = int(flags["images"].sum()), int(flags["flagged"].sum())
    if flagged == 0:
        said = f"<p>None of the {images:,} synthetic images is flagged.</p>"
        write_page(path, ["<h1>Flagged images</h1>", said])
        return
    named = flags.rename(columns=lambda column: column.replace("_", " "))
    variants = named.drop(columns="class id").groupby("source", sort=False).sum().reset_index()
    worst = named[named["flagged"] > 0].sort_values("flagged", ascending=False, kind="stable")
    listed = f" (the first {SHOWN} of {len(worst)})" if len(worst) > SHOWN else ""
    write_page(
        path,
        [
            "<h1>Flagged images</h1>",
            f"<p>{flagged:,} of the {images:,} synthetic images are black, of one colour, not made "
            "of numbers or blackened by a safety checker; of images that were made elsewhere only "
            "the first two can be seen. They stay in the tables and are measured like any other; "
            "the column <code>flag</code> of an image table names them.</p>",
            _html(variants),
            f"<h2>Classes with flagged images{listed}</h2>",
            _html(worst.head(SHOWN)),
        ],
    )


def _html(table: pd.DataFrame) -> str:
    texts = table.map(lambda cell: html.escape(str(cell)))
    return str(texts.to_html(index=False, escape=False, border=0))
