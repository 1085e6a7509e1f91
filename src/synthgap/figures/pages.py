"""Pages of the report: the study's answer as a table, and what is quoted and what is ours."""

import html
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from synthgap.figures.page import write_page

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

QUOTED_ORDER = ("disamb", "disamb2.5", "promptaug")
QUOTED_RATIOS = (1.0, 2.05 / 1.23, 2.49 / 1.23)
"""Centroid distances that the paper gives, as ratios to the first."""


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


def write_quoted(path: str | Path, variants: pd.DataFrame) -> None:
    """Write what the paper says beside what this study found, each marked as what it is."""
    distance = variants.set_index("source")["centroid_distance"]
    found = [source for source in QUOTED_ORDER if source in distance.index]
    rows = []
    if len(found) == len(QUOTED_ORDER):
        values = [float(distance[source]) for source in QUOTED_ORDER]
        ordered = "does" if values == sorted(values) else "does not"
        rows += [
            (
                "Order of centroid distances",
                "disamb (1.23e-5) &lt; disamb 2.5 (2.05e-5) &lt; promptaug (2.49e-5)",
                " &lt; ".join(
                    f"{source} ({value:.3g})"
                    for value, source in sorted(zip(values, QUOTED_ORDER, strict=True))
                )
                + f": this study {ordered} show the quoted order",
            ),
            (
                "Ratios of centroid distances",
                " : ".join(f"{ratio:.3f}" for ratio in QUOTED_RATIOS),
                " : ".join(f"{value / values[0]:.3f}" for value in values),
            ),
        ]
    separable = variants["linear_separability"].dropna()
    if len(separable):
        rows.append(
            (
                "Prompts and images in the encoder's space",
                "“are linearly separable — an intuitively surprising finding”",
                f"balanced accuracy on held-out classes {separable.min():.3f} to "
                f"{separable.max():.3f} over the variants",
            )
        )
    body = "".join(
        f"<tr><td>{what}</td><td>{quoted}</td><td>{ours}</td></tr>" for what, quoted, ours in rows
    )
    write_page(
        path,
        [
            "<h1>What is quoted, what is our reading, what is ours</h1>",
            "<p><b>Quoted</b> is from D. Marwood, S. Baluja, Y. Alon: Diversity and Diffusion: "
            "Observations on Synthetic Image Distributions with Stable Diffusion, "
            "arXiv 2311.00056 (2023): Stable Diffusion v1.5, ImageNet-1K, CLIP. "
            "<b>Ours</b> is what this study measured, on its own images and models. Only order and "
            "ratios can be compared: the absolute scale of the quoted distances is unresolved. "
            "Variants are matched by their names.</p>",
            f"<table><tr><th></th><th>quoted</th><th>ours</th></tr>{body}</table>",
            "<h2>Our reading</h2><ul>"
            "<li>Centroid distance is the mean of ‖e − μ‖² over the unit embeddings of a class, "
            "averaged over classes; also given per dimension and as a mean angle.</li>"
            "<li>Centroid accuracy uses Euclidean distance to unnormalised class means.</li>"
            "<li>Centroid shift is the distance between the means of random halves of the two "
            "sets, so that its baseline, two halves of the natural set, has the same n; the "
            "distance between the means of whole sets would be smaller.</li>"
            "<li>PromptAug is the disambiguated prompt inside one of a list of contexts, chosen by "
            "the image's index, at guidance scale 2.5.</li></ul>"
            "<h2>Ours</h2><ul>"
            "<li>Every interval, equal n, and the split-half baseline of the centroid shift.</li>"
            "<li>Linear separability on held-out classes, and its margin.</li></ul>",
        ],
    )


def _html(table: pd.DataFrame) -> str:
    cells = table.map(lambda text: html.escape(text)).replace(
        r" (\[.*\])$", r"<br><span class=interval>\1</span>", regex=True
    )
    return str(cells.to_html(index=False, escape=False, border=0))
