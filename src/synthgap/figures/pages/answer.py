"""The page of the study's answer: the headline table."""

import html
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from synthgap.figures.pages.template import write_page

HEADLINE = {
    "source": "source",
    "images": "images",
    "centroid_distance": "centroid distance",
    "centroid_shift": "centroid shift",
    "centroid_accuracy": "centroid accuracy",
    "knn_accuracy": "5-NN accuracy",
    "top1": "classifier top-1",
}
"""The columns that a reader sees first, and their names."""


def headline(variants: pd.DataFrame) -> pd.DataFrame:
    """Choose the headline's columns, each number with its interval as text.

    What the study has no numbers for, such as an accuracy where nothing was trained, is left out.
    """
    return pd.DataFrame(
        {
            name: [_cell(row, column) for row in variants.to_dict("records")]
            for column, name in HEADLINE.items()
            if column in variants and variants[column].notna().any()
        }
    )


def _cell(row: Mapping[Hashable, Any], column: str) -> str:
    value, low, high = (row.get(f"{column}{end}") for end in ("", "_low", "_high"))
    if not isinstance(value, float):
        return str(value)
    if pd.isna(value):
        return "–"
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def write_answer(path: str | Path, study: str, description: str, variants: pd.DataFrame) -> None:
    """Write the headline table as a page, one table an encoder.

    Args:
        path: where to, HTML.
        study: name of the study.
        description: what it is for.
        variants: the summary, a row a source and encoder.
    """
    parts = [f"<h1>{html.escape(study)}</h1>", f"<p>{html.escape(description)}</p>"]
    for encoder, rows in variants.groupby("encoder", sort=False):
        classifier = ""
        if "classifier" in rows:
            classifier = f", and by a classifier trained on it ({rows['classifier'].iloc[0]})"
        baseline = rows.loc[rows["source"] == "natural-train", "centroid_shift_baseline"].iloc[0]
        parts += [
            f"<h2>{html.escape(str(encoder))}</h2>",
            _html(headline(rows)),
            f"<p class=note>Measured at {rows['n'].min()} images a class; in brackets 95 % "
            "intervals. Centroid distance: higher is more diverse. Centroid shift: two halves of "
            f"the natural images lie {baseline:.3f} apart already. Accuracies are shares of "
            "natural-val images, each class weighing the same: by the nearest class mean of the "
            f"source, by its five nearest images{html.escape(classifier)}.</p>",
        ]
    write_page(path, parts)


def _html(table: pd.DataFrame) -> str:
    cells = table.map(lambda text: html.escape(text)).replace(
        r" (\[.*\])$", r"<br><span class=interval>\1</span>", regex=True
    )
    return str(cells.to_html(index=False, escape=False, border=0))
