"""The chart of accuracies: how well each source serves to recognise natural images."""

import pandas as pd
from matplotlib.figure import Figure

from synthgap.figures.charts.intervals import (
    draw_intervals,
    draw_natural_band,
    rows_by_name,
    with_ends,
)
from synthgap.figures.charts.style import Chart, colours

ACCURACIES = {
    "centroid_accuracy": "Nearest class mean",
    "knn_accuracy": "Five nearest images",
    "top1": "Trained classifier",
}
"""Column and name of each accuracy on natural-val."""


def measured(variants: pd.DataFrame) -> dict[str, str]:
    """The accuracies that the study has; nothing may have been trained."""
    return {
        column: name
        for column, name in ACCURACIES.items()
        if column in variants and variants[column].notna().any()
    }


def draw(variants: pd.DataFrame) -> Chart:
    """Draw the accuracies on natural-val of each source with their intervals, a panel an accuracy.

    Args:
        variants: summary of one encoder, a row a source.
    """
    sources = list(variants["source"])
    shades = list(colours(sources).values())
    accuracies = measured(variants)
    width = 1.6 + 2.8 * len(accuracies)
    figure = Figure(figsize=(width, 1.3 + 0.4 * len(sources)), layout="constrained")
    panels = figure.subplots(1, len(accuracies), sharex=True, sharey=True, squeeze=False)[0]
    for axes, (column, name) in zip(panels, accuracies.items(), strict=True):
        draw_natural_band(axes, variants, column)
        draw_intervals(axes, variants, column, shades)
        axes.set_title(name)
    rows_by_name(panels[0], sources)
    figure.supxlabel("accuracy on natural-val: share of images put right, mean over classes")
    return Chart(figure, variants[["source", "n", *with_ends(*accuracies)]])
