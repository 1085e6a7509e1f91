"""The chart of mixtures: accuracy against natural images, alone and with synthetic ones."""

import itertools
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from synthgap.figures.charts.grid import grid, shape
from synthgap.figures.charts.intervals import lengths, with_ends
from synthgap.figures.charts.style import NATURAL, QUIET, VARIANTS, Chart

ALONE = "natural alone"


def draw(mixtures: pd.DataFrame) -> Chart:
    """Draw top-1 of each training set with its interval, a panel a classifier.

    Lines join natural images alone, mixtures of as many images in all, and what was trained after
    the same set. What has no natural images is a line across.

    Args:
        mixtures: `summary/mixtures`.
    """
    names = list(dict.fromkeys(mixtures["classifier"]))
    rows, columns = shape(len(names))
    figure = Figure(figsize=(1.5 + 6.0 * columns, 0.8 + 4.0 * rows), layout="constrained")
    for axes, name in zip(grid(figure, len(names)), names, strict=True):
        _draw_classifier(axes, mixtures[mixtures["classifier"] == name])
        axes.set_title(name)
    kept = ["classifier", "training_set", "pretrained_on", "natural", "synthetic"]
    return Chart(figure, mixtures[[*kept, *with_ends("top1")]])


def _draw_classifier(axes: Axes, rows: pd.DataFrame) -> None:
    natural = rows[rows["natural"] > 0]
    # Of the legend: alone, mixtures from small to large, then what came after others.
    kinds = natural["pretrained_on"].notna(), natural["synthetic"] > 0
    total = natural["natural"] + natural["synthetic"]
    order = natural.assign(after=kinds[0], mixed=kinds[1], total=total)
    natural = order.sort_values(["after", "mixed", "total"], kind="stable")
    series = [_series(row) for row in natural.to_dict("records")]
    groups = list(natural.assign(series=series).groupby("series", sort=False))
    others = 0
    for place, (name, group) in enumerate(groups):
        alone = name == ALONE
        colour = NATURAL["natural-train"] if alone else VARIANTS[others % len(VARIANTS)]
        others += not alone
        ordered = group.sort_values("natural")
        axes.errorbar(
            # A little apart, or intervals hide each other.
            ordered["natural"] * 1.03 ** (place - (len(groups) - 1) / 2),
            ordered["top1"],
            yerr=lengths(ordered, "top1"),
            marker="o",
            markersize=4,
            linewidth=1.2,
            elinewidth=0.8,
            color=colour,
            label=name,
        )
    # Written in the legend, since lines across may lie on each other.
    styles = itertools.cycle((":", "--", "-."))
    for row, style in zip(rows[rows["natural"] == 0].to_dict("records"), styles, strict=False):
        axes.axhline(
            row["top1"], color=QUIET, linewidth=0.8, linestyle=style, label=row["training_set"]
        )
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(sorted(set(natural["natural"]))))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlabel("natural images a class")
    axes.set_ylabel("top-1 on natural-val")
    axes.legend(fontsize=8, loc="lower right")


def _series(row: Mapping[Hashable, Any]) -> str:
    if isinstance(row["pretrained_on"], str):
        return f"after {row['pretrained_on']}"
    if row["synthetic"] == 0:
        return ALONE
    return f"mixtures of {row['natural'] + row['synthetic']:g} a class"
