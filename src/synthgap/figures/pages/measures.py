"""The page of all measures: a table an encoder, a row a measure, a column a source."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from synthgap.figures.pages.rendering import write_page
from synthgap.numbers import Written, decimals_for, in_row

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


class Measure(NamedTuple):
    """A row of the table."""

    name: str
    meaning: str
    cells: list[Written]
    """One a source, all with the same decimals."""


class Family(NamedTuple):
    """Measures that stand together."""

    name: str
    measures: list[Measure]


class Encoder(NamedTuple):
    """What the page shows of an encoder."""

    name: str
    n: int
    sources: list[str]
    families: list[Family]


def write_measures(
    path: str | Path, variants: pd.DataFrame, descriptions: Mapping[str, str]
) -> None:
    """Write every measure of every source with its interval and its meaning.

    Args:
        path: where to, HTML.
        variants: the summary, a row a source and encoder.
        descriptions: what each of its columns means.
    """
    encoders = [
        Encoder(
            str(name),
            rows["n"].min(),
            list(rows["source"]),
            [
                Family(family, [_measure(rows, column, descriptions) for column in columns])
                for family, columns in families(rows).items()
            ],
        )
        for name, rows in variants.groupby("encoder", sort=False)
    ]
    write_page(path, "measures", encoders=encoders)


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


def _measure(variants: pd.DataFrame, column: str, descriptions: Mapping[str, str]) -> Measure:
    decimals = decimals_for(variants[column])
    cells = [in_row(row, column, decimals) for row in variants.to_dict("records")]
    return Measure(title(column), descriptions.get(column, ""), cells)


def title(column: str) -> str:
    """A measure's name for people.

    >>> title("pooled_frechet_distance"), title("knn_accuracy")
    ('pooled Fréchet distance', '5-NN accuracy')
    """
    if column == "knn_accuracy":
        return "5-NN accuracy"
    names = {"vendi": "Vendi", "frechet": "Fréchet", "cmmd": "CMMD", "knn": "k-NN", "clip": "CLIP"}
    return " ".join(names.get(word, word) for word in column.split("_"))
