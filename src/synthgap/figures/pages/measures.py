"""The page of all measures: a table an encoder, a row a measure, a column a source."""

import html
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from synthgap.figures.pages.template import write_page

FAMILIES = {
    "Diversity": (
        "centroid_distance",
        "centroid_distance_per_dimension",
        "centroid_angle",
        "mean_cosine",
        "vendi_score",
        "pooled_vendi_score",
    ),
    "Shift": ("centroid_shift", "centroid_shift_baseline", "centroid_shift_cosine"),
    "Distances between distributions": (
        "frechet_distance",
        "pooled_frechet_distance",
        "cmmd",
        "pooled_cmmd",
    ),
    "Fidelity and coverage": (
        "precision",
        "recall",
        "density",
        "coverage",
        "pooled_precision",
        "pooled_recall",
        "pooled_density",
        "pooled_coverage",
    ),
    "Accuracy": (
        "centroid_accuracy",
        *(f"knn_accuracy{k}" for k in ("", "_1", "_10", "_20")),
        "top1",
        "top5",
    ),
    "What accuracy is lost to shift and to diversity": (
        "accuracy_gap",
        "gap_from_shift",
        "gap_from_diversity",
        "diversity_minus_shift",
        "gap_from_spread",
        "gap_from_shape",
        "recentred_knn_accuracy",
        "rescaled_knn_accuracy",
        "respread_knn_accuracy",
        "centroid_accuracy_gap",
    ),
    "Prompts": (
        "clip_score",
        "natural_clip_score",
        "adherence",
        "natural_adherence",
        "linear_separability",
        "linear_separability_perceptron",
        "separability_margin",
        "modality_gap",
        "separability_without_gap",
    ),
}
"""Which measures stand together, and in which order. Measures that no family names stand last."""

OTHERS = "Other measures"

DIGITS = 3
"""Significant digits of the largest number of a row."""


def write_measures(
    path: str | Path, variants: pd.DataFrame, descriptions: Mapping[str, str]
) -> None:
    """Write every measure of every source with its interval and its meaning.

    Args:
        path: where to, HTML.
        variants: the summary, a row a source and encoder.
        descriptions: what each of its columns means.
    """
    parts = ["<h1>All measures</h1>"]
    for encoder, rows in variants.groupby("encoder", sort=False):
        parts += [
            f"<h2>{html.escape(str(encoder))}</h2>",
            f"<p class=note>Measured at {rows['n'].min()} images a class; below each number its "
            "95 % interval. Measures of single classes are averaged over the classes; pooled ones "
            "take the images of all classes as one set. – means that a measure does not apply to a "
            "source.</p>",
            _table(rows.set_index("source"), descriptions),
        ]
    write_page(path, parts)


def families(variants: pd.DataFrame) -> dict[str, list[str]]:
    """The measures that a summary has numbers for, by family.

    A measure is a column with an interval.
    """
    found = [
        name
        for name in map(str, variants)
        if f"{name}_low" in variants and f"{name}_high" in variants and variants[name].notna().any()
    ]
    named = {name for names in FAMILIES.values() for name in names}
    grouped = {
        family: [name for name in names if name in found] for family, names in FAMILIES.items()
    }
    grouped[OTHERS] = [name for name in found if name not in named]
    return {family: names for family, names in grouped.items() if names}


def _table(rows: pd.DataFrame, descriptions: Mapping[str, str]) -> str:
    """Make the table of one encoder; its index is the source."""
    head = "".join(f"<th>{html.escape(str(source))}</th>" for source in rows.index)
    body = []
    for family, names in families(rows).items():
        body.append(f"<tr><th class=family colspan={len(rows) + 1}>{html.escape(family)}</th></tr>")
        for name in names:
            cells = "".join(f"<td>{cell}</td>" for cell in _cells(rows, name))
            body.append(
                f"<tr><td class=measure>{html.escape(title(name))}"
                f"<br><span class=meaning>{html.escape(descriptions.get(name, ''))}</span></td>"
                f"{cells}</tr>"
            )
    return (
        f"<div class=wide><table><thead><tr><th></th>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _cells(rows: pd.DataFrame, name: str) -> list[str]:
    """A measure's number of each source, all with the same decimals."""
    largest = float(np.nanmax(np.abs(rows[name].to_numpy(dtype=float))))
    leading = int(np.floor(np.log10(largest))) if largest > 0 else 0
    decimals = max(0, DIGITS - 1 - leading)
    cells = []
    for value, low, high in zip(rows[name], rows[f"{name}_low"], rows[f"{name}_high"], strict=True):
        if pd.isna(value):
            cells.append("–")
            continue
        number, *ends = (f"{x:.{decimals}f}".replace("-", "−") for x in (value, low, high))
        cells.append(f"{number}<br><span class=interval>[{', '.join(ends)}]</span>")
    return cells


def title(column: str) -> str:
    """A measure's name for people.

    >>> title("pooled_frechet_distance"), title("knn_accuracy")
    ('pooled Fréchet distance', '5-NN accuracy')
    """
    if column == "knn_accuracy":
        return "5-NN accuracy"
    names = {"vendi": "Vendi", "frechet": "Fréchet", "cmmd": "CMMD", "knn": "k-NN", "clip": "CLIP"}
    return " ".join(names.get(word, word) for word in column.split("_"))
