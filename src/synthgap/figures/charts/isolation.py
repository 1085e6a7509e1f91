"""The chart of the isolation: what of each variant's accuracy gap comes from shift, what from
diversity."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from synthgap.figures.charts.style import by_source, save

BARS = {
    "accuracy_gap": ("whole gap", "#8a8a8a"),
    "gap_from_shift": ("from shift", "#0072b2"),
    "gap_from_diversity": ("from diversity", "#d55e00"),
}
"""Column, name and colour of each bar: the two parts add up to the first."""

MARKS = {"gap_from_spread": ("spread alone", "o"), "gap_from_shape": ("shape alone", "D")}
"""Column, name and mark of what the part from diversity consists of."""


def draw_isolation(path: str | Path, variants: pd.DataFrame) -> None:
    """Draw the accuracy gap of each variant and its two parts, with intervals.

    A part can be negative: then its bar goes left, and the other part is longer than the gap.

    Args:
        path: where to, PNG.
        variants: summary of one encoder, a row a source. Sources without a gap, such as the
            natural ones, are left out; where a class has too few images, none has any.
    """
    # A column that the table lacks is one without values.
    shown = variants[variants.reindex(columns=["accuracy_gap"])["accuracy_gap"].notna()]
    sources = list(shown["source"])
    figure = Figure(figsize=(8, 1.6 + 0.8 * max(len(sources), 1)), layout="constrained")
    axes = figure.subplots()
    axes.set_title("Accuracy lost against natural-train, by cause")
    if sources:
        handles = _draw(axes, shown)
        by_source(axes, sources)
        axes.set_xlabel("5-NN accuracy of natural-train minus the source's, on natural-val")
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    else:
        axes.set_axis_off()
        why = "not measured: a class has too few images to win a vote of five"
        axes.text(0.5, 0.5, why, ha="center", va="center")
    save(figure, path)


def _draw(axes: Axes, shown: pd.DataFrame) -> list[Any]:
    """Draw bars and marks, and give what stands for them in the legend, in their order."""
    handles: list[Any] = []
    places = np.arange(len(shown))
    height = 0.8 / len(BARS)
    steps = dict(zip(BARS, (np.arange(len(BARS)) - 1) * height, strict=True))
    for column, (name, colour) in BARS.items():
        values = shown[column].to_numpy(dtype=float)
        low, high = (shown[f"{column}{end}"].to_numpy(dtype=float) for end in ("_low", "_high"))
        bars = axes.barh(
            places + steps[column],
            values,
            height * 0.9,
            xerr=np.maximum([values - low, high - values], 0),
            error_kw={"capsize": 3, "elinewidth": 1, "ecolor": "#222222"},
            color=colour,
            label=name,
        )
        handles.append(bars)
    for column, (name, mark) in MARKS.items():
        if column in shown:
            # Beneath the bar that it belongs to, where no interval runs through it.
            place = places + steps["gap_from_diversity"] + height * 0.3
            colour = BARS["gap_from_diversity"][1]
            handles += axes.plot(
                shown[column],
                place,
                mark,
                markersize=5,
                markerfacecolor="white",
                color=colour,
                label=name,
            )
    axes.axvline(0, color="#222222", linewidth=0.8)
    return handles
