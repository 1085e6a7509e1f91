"""A map of the embeddings: natural images, synthetic images and prompts in two dimensions.

Where there are no prompts, the map shows images alone.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from synthgap.figures.charts.style import colours, save


def draw_projection(path: str | Path, points: pd.DataFrame, classes: Mapping[str, str]) -> None:
    """Draw two maps: by source, with prompts if there are any; images alone, by class.

    Args:
        path: where to, PNG.
        points: `projections` of one encoder, a row an image or prompt.
        classes: of each class, in order, its name for the legend.
    """
    images, prompts = (points[points["kind"] == kind] for kind in ("image", "prompt"))
    figure = Figure(figsize=(12, 5.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    _by_source(left, images, prompts)
    _by_class(right, images, classes)
    save(figure, path)


def _by_source(axes: Axes, images: pd.DataFrame, prompts: pd.DataFrame) -> None:
    x, y = ("first", "second") if prompts.empty else ("along_gap", "across_gap")
    palette = colours(list(dict.fromkeys(images["source"])))
    for source, rows in images.groupby("source", sort=False):
        axes.scatter(
            rows[x], rows[y], s=8, alpha=0.4, color=palette[str(source)], label=source, linewidth=0
        )
    for variant, rows in prompts.groupby("source", sort=False):
        axes.scatter(
            rows[x], rows[y], s=60, marker="*", color=palette[str(variant)], edgecolor="black"
        )
    if prompts.empty:
        axes.set_title("Images by source")
        _label_principal(axes, images)
    else:
        axes.scatter([], [], s=60, marker="*", color="white", edgecolor="black", label="prompts")
        axes.set_title("Images and prompts")
        axes.set_xlabel("along the gap, from the mean prompt to the mean image")
        axes.set_ylabel("first principal axis across the gap")
    axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=4)


def _by_class(axes: Axes, images: pd.DataFrame, classes: Mapping[str, str]) -> None:
    shades = dict(zip(classes, _class_colours(len(classes)), strict=True))
    for source, rows in images.groupby("source", sort=False):
        natural = str(source).startswith("natural")
        axes.scatter(
            rows["first"],
            rows["second"],
            s=10,
            alpha=0.6,
            marker="o" if natural else "x",
            color=np.stack([shades[class_id] for class_id in rows["class_id"]]),
            linewidth=0 if natural else 0.7,
        )
    if len(classes) <= 20:
        for class_id, name in classes.items():
            axes.plot([], [], "o", color=shades[class_id], label=name)
    axes.plot([], [], "o", color="#555555", label="natural")
    axes.plot([], [], "x", color="#555555", label="synthetic")
    axes.set_title("Images by class")
    _label_principal(axes, images)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))


def _label_principal(axes: Axes, images: pd.DataFrame) -> None:
    first, second = images[["first_share", "second_share"]].iloc[0]
    axes.set_xlabel(f"first principal axis ({first:.0%} of variance)")
    axes.set_ylabel(f"second principal axis ({second:.0%})")


def _class_colours(count: int) -> Float[np.ndarray, "count 4"]:
    chosen = colormaps["tab10"] if count <= 10 else colormaps["nipy_spectral"]
    places = np.arange(count) if count <= 10 else np.linspace(0, 0.95, count)
    shades: Float[np.ndarray, "count 4"] = chosen(places)
    return shades
