"""The chart of accuracy against diversity."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from synthgap.figures.charts.accuracy import measured
from synthgap.figures.charts.intervals import lengths, with_ends
from synthgap.figures.charts.style import Chart, colours

DISTANCE = "centroid_distance"

LABEL = 0.2
"""Inches that a source's name takes."""

AROUND = 1.0
"""Inches of the figure above and below its panels."""


def draw(variants: pd.DataFrame) -> Chart:
    """Draw each accuracy against centroid distance, a panel an accuracy.

    Args:
        variants: summary of one encoder, a row a source.
    """
    palette = colours(list(variants["source"]))
    accuracies = measured(variants)
    # All names find a place beside the panel.
    height = max(4.0, AROUND + LABEL * (len(variants) + 1))
    figure = Figure(figsize=(4.1 * len(accuracies), height), layout="constrained")
    # One accuracy alone may be there, where images are too few for 5-NN.
    panels = figure.subplots(1, len(accuracies), sharex=True, sharey=True, squeeze=False)[0]
    for axes, (column, name) in zip(panels, accuracies.items(), strict=True):
        rows = variants[variants[column].notna()]
        across, up = lengths(rows, DISTANCE), lengths(rows, column)
        for place, row in enumerate(rows.to_dict("records")):
            axes.errorbar(
                row[DISTANCE],
                row[column],
                xerr=across[:, [place]],
                yerr=up[:, [place]],
                fmt="o",
                color=palette[row["source"]],
                linewidth=1,
            )
        axes.set_title(name)
    # The labels lie where the last panel has left the shared axes.
    for axes, column in zip(panels, accuracies, strict=True):
        _label(axes, variants[variants[column].notna()], column, palette, LABEL / (height - AROUND))
    panels[0].set_ylabel("accuracy on natural-val, share put right")
    figure.supxlabel("centroid distance, mean of ‖e − μ‖² (further right: more diverse)")
    return Chart(figure, variants[["source", "n", *with_ends(DISTANCE, *accuracies)]])


def _label(
    axes: Axes, rows: pd.DataFrame, column: str, palette: Mapping[str, str], gap: float
) -> None:
    """Write each source's name in the margin at the height of its dot, with a line to the dot.

    Args:
        gap: least distance of two names, of the panel's height.
    """
    axes.autoscale_view()
    bottom, top = axes.get_ylim()
    ordered = rows.sort_values(column, kind="stable")
    heights = apart([(value - bottom) / (top - bottom) for value in ordered[column]], gap)
    for row, height in zip(ordered.to_dict("records"), heights, strict=True):
        axes.annotate(
            row["source"],
            (row[DISTANCE], row[column]),
            (1.03, height),
            textcoords="axes fraction",
            va="center",
            fontsize=8,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "relpos": (0, 0.5),
                "color": palette[row["source"]],
                "linewidth": 0.6,
                "alpha": 0.6,
                "shrinkA": 1,
                "shrinkB": 4,
            },
        )


def apart(heights: list[float], gap: float) -> list[float]:
    """Move heights between 0 and 1 apart, as little as keeps their order and a gap between them.

    >>> [round(height, 2) for height in apart([0.5, 0.52, 1.0], 0.1)]
    [0.5, 0.6, 1.0]
    >>> [round(height, 2) for height in apart([0.95, 1.0], 0.1)]
    [0.9, 1.0]
    """
    moved: list[float] = []
    for height in heights:
        moved.append(max(height, moved[-1] + gap) if moved else height)
    most = 1.0
    for place in reversed(range(len(moved))):
        moved[place] = min(moved[place], most)
        most = moved[place] - gap
    return moved
