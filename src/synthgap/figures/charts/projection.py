"""A map of the embeddings: each variant's images, and its prompts, over grey natural images.

Where there are no prompts, the map shows images alone.
"""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from synthgap.figures.charts.grid import grid, shape
from synthgap.figures.charts.style import NATURAL, Chart, colours

GREY = "#b4b4b4"
"""Natural images, of both sets."""

LABELLED = 20
"""Classes whose names stand in the map, at most."""

LETTER, LINE = 0.025, 0.055
"""Width and height of a small letter as shares of a panel, about."""

NATURAL_PANEL = "natural"
"""Title of the panel of natural images alone."""


class Axis(NamedTuple):
    """A direction that a map shows."""

    column: str
    """Of the coordinates."""
    label: str


def draw(points: pd.DataFrame, names: Mapping[str, str]) -> Chart:
    """Draw a map for each variant; below, if there are prompts, another along the modality gap.

    Args:
        points: `projections` of one encoder, a row an image or prompt.
        names: of each class, in order, its name.
    """
    images, prompts = (points[points["kind"] == kind] for kind in ("image", "prompt"))
    variants = [source for source in dict.fromkeys(images["source"]) if source not in NATURAL]
    palette = colours(variants)
    rows, columns = shape(1 + len(variants))
    maps = 1 if prompts.empty else 2
    figure = Figure(
        figsize=(max(2.6 * columns, 5) + 0.6, maps * (2.5 * rows + 0.9)), layout="constrained"
    )
    parts = figure.subfigures(maps, 1, squeeze=False)[:, 0]
    first, second = images[["first_share", "second_share"]].iloc[0]
    panels = _draw_map(
        parts[0],
        images,
        variants,
        Axis("first", f"first principal axis ({first:.0%} of variance)"),
        Axis("second", f"second principal axis ({second:.0%})"),
    )
    parts[0].suptitle("Images of each variant (colour) over natural ones (grey)", x=0, ha="left")
    if len(names) <= LABELLED:
        _name_classes(panels[NATURAL_PANEL], images, names)
    if maps == 2:
        along = Axis("along_gap", "along the gap, from the mean prompt to the mean image")
        across = Axis("across_gap", "first axis across the gap")
        panels = _draw_map(parts[1], images, variants, along, across)
        parts[1].suptitle("The same images, and each variant's prompts (stars)", x=0, ha="left")
        for variant in variants:
            own, axes = prompts[prompts["source"] == variant], panels[variant]
            axes.plot(
                own[along.column],
                own[across.column],
                "*",
                color=palette[variant],
                markeredgecolor="black",
                markeredgewidth=0.5 if len(own) <= 100 else 0,
                markersize=9 if len(own) <= 100 else 4,
            )
    return Chart(figure, points)


def _draw_map(
    part: SubFigure, images: pd.DataFrame, variants: list[str], across: Axis, up: Axis
) -> dict[str, Axes]:
    """Draw the natural images alone, and beneath those of each variant: a panel each."""
    palette = colours(variants)
    natural = images[images["source"].isin(list(NATURAL))]
    names = [NATURAL_PANEL, *variants]
    panels = dict(zip(names, grid(part, len(names)), strict=True))
    for name, axes in panels.items():
        own = images[images["source"] == name]
        for rows, shade in ((natural, GREY), (own, palette.get(name))):
            many = len(rows) > 2000
            axes.scatter(
                rows[across.column],
                rows[up.column],
                s=3 if many else 9,
                alpha=0.35 if many else 0.6,
                color=shade,
                linewidth=0,
                # Thousands of circles would make a file that no viewer opens quickly.
                rasterized=True,
            )
        axes.set_title(name)
    part.supxlabel(across.label)
    part.supylabel(up.label)
    return panels


def _name_classes(axes: Axes, images: pd.DataFrame, names: Mapping[str, str]) -> None:
    """Write each class's name where its natural-train images lie, or above where another stands."""
    # One panel's limits are those of all: they must be known before places become shares of them.
    axes.autoscale_view()
    to_share = axes.transLimits
    natural = images[images["source"] == "natural-train"]
    middles = natural.groupby("class_id", sort=False)[["first", "second"]].median()
    placed: list[tuple[float, float, float]] = []
    for class_id, middle in middles.sort_values("second").iterrows():
        name = names[str(class_id)]
        x, y = to_share.transform(middle.to_numpy())
        half = LETTER * len(name) / 2
        while any(abs(x - u) < half + w and abs(y - v) < LINE for u, v, w in placed):
            y += LINE / 4
        placed.append((x, y, half))
        axes.text(
            x,
            y,
            name,
            transform=axes.transAxes,
            ha="center",
            va="center",
            fontsize=7,
            path_effects=[patheffects.withStroke(linewidth=2, foreground="white")],
        )
