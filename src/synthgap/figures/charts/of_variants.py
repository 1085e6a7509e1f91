"""Charts of the summary: what each source's centroid distance and accuracies are."""

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from synthgap.figures.charts.style import by_source, colours, save
from synthgap.numbers import number

ACCURACIES = {
    "centroid_accuracy": ("centroid accuracy", "o"),
    "knn_accuracy": ("5-NN accuracy", "s"),
    "top1": ("classifier top-1", "D"),
}
"""Column, name and mark of each accuracy on natural-val."""


def _measured(variants: pd.DataFrame) -> dict[str, tuple[str, str]]:
    """The accuracies that the study has; nothing may have been trained."""
    return {
        column: drawn
        for column, drawn in ACCURACIES.items()
        if column in variants and variants[column].notna().any()
    }


def draw_centroid_distance(path: str | Path, variants: pd.DataFrame, classes: pd.DataFrame) -> None:
    """Draw the centroid distance of each source with its interval, and of each of its classes.

    Args:
        path: where to, PNG.
        variants: summary of one encoder, a row a source.
        classes: summary of one encoder, a row a class and source.
    """
    sources = list(variants["source"])
    palette = colours(sources)
    figure = Figure(figsize=(8, 1.2 + 0.5 * len(sources)), layout="constrained")
    axes = figure.subplots()
    for place, row in enumerate(variants.to_dict("records")):
        source = row["source"]
        single = classes.loc[classes["source"] == source, "centroid_distance"]
        axes.scatter(single, np.full(len(single), place), s=14, color=palette[source], alpha=0.3)
        _point(axes, row, "centroid_distance", place, palette[source])
    natural = variants.loc[variants["source"] == "natural-train", "centroid_distance"]
    axes.axvline(float(natural.iloc[0]), color="#222222", linewidth=0.8, linestyle=":")
    by_source(axes, sources)
    axes.set_xlim(left=0)
    axes.set_xlabel("centroid distance, mean of ‖e − μ‖²  (higher: more diverse)")
    axes.set_title(f"Diversity at {variants['n'].min()} images a class")
    save(figure, path)


def draw_accuracy(path: str | Path, variants: pd.DataFrame) -> None:
    """Draw the accuracies on natural-val of each source with their intervals."""
    sources = list(variants["source"])
    palette = colours(sources)
    figure = Figure(figsize=(8, 1.4 + 0.62 * len(sources)), layout="constrained")
    axes = figure.subplots()
    accuracies = _measured(variants)
    steps = np.linspace(-0.22, 0.22, len(accuracies))
    for (column, (_, mark)), step in zip(accuracies.items(), steps, strict=True):
        for place, row in enumerate(variants.to_dict("records")):
            _point(axes, row, column, place + step, palette[row["source"]], mark)
    for name, mark in accuracies.values():
        axes.plot([], [], mark, color="#555555", label=name)
    by_source(axes, sources)
    axes.set_xlabel("share of natural-val images put right, mean over classes")
    axes.set_title("Accuracy on natural images")
    figure.legend(loc="outside lower center", ncols=len(accuracies))
    save(figure, path)


def draw_accuracy_against_distance(path: str | Path, variants: pd.DataFrame) -> None:
    """Draw each accuracy against centroid distance, a panel an accuracy."""
    sources = list(variants["source"])
    palette = colours(sources)
    accuracies = _measured(variants)
    figure = Figure(figsize=(3.6 * len(accuracies), 4.2), layout="constrained")
    # One accuracy alone may be there, where images are too few for 5-NN.
    panels = figure.subplots(1, len(accuracies), sharex=True, squeeze=False)[0]
    for axes, (column, (name, _)) in zip(panels, accuracies.items(), strict=True):
        for row in variants.to_dict("records"):
            if pd.isna(row[column]):
                continue
            x, y = "centroid_distance", column
            axes.errorbar(
                row[x],
                row[y],
                xerr=_ends(row, x),
                yerr=_ends(row, y),
                fmt="o",
                color=palette[row["source"]],
                linewidth=1,
            )
        axes.set_title(name)
        axes.set_xlabel("centroid distance")
    for source in sources:
        panels[0].plot([], [], "o", color=palette[source], label=source)
    panels[0].set_ylabel("share of natural-val put right")
    figure.legend(loc="outside lower center", ncols=min(len(sources), 6))
    save(figure, path)


def draw_cross_accuracy(path: str | Path, cross: pd.DataFrame) -> None:
    """Draw the centroid accuracy of every source on the images of every source."""
    overall = cross[cross["class_id"].isna()]
    sources = list(dict.fromkeys(overall["source"]))
    matrix = overall.pivot_table(index="source", columns="query", values="centroid_accuracy")
    values = matrix.loc[sources, sources].to_numpy()
    side = 2.2 + 0.8 * len(sources)
    figure = Figure(figsize=(side + 0.8, side), layout="constrained")
    axes = figure.subplots()
    axes.imshow(values, cmap="viridis", vmin=0, vmax=1)
    axes.grid(visible=False)
    for (row, column), value in np.ndenumerate(values):
        shade = "black" if value > 0.6 else "white"
        axes.text(column, row, number(value, 2), ha="center", va="center", color=shade)
    axes.set_xticks(range(len(sources)), sources, rotation=40, ha="right")
    axes.set_yticks(range(len(sources)), sources)
    axes.set_xlabel("images classified (Q)")
    axes.set_ylabel("class means of (X)")
    axes.set_title("Centroid accuracy, X × Q")
    save(figure, path)


def _ends(row: Mapping[Hashable, Any], column: str) -> list[list[float]]:
    value = row[column]
    return [[max(value - row[f"{column}_low"], 0)], [max(row[f"{column}_high"] - value, 0)]]


def _point(
    axes: Axes, row: Mapping[Hashable, Any], column: str, place: float, colour: str, mark: str = "o"
) -> None:
    if not pd.isna(row[column]):
        axes.errorbar(
            row[column], place, xerr=_ends(row, column), fmt=mark, color=colour, capsize=3
        )
