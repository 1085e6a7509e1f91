"""The chart of the isolation: what of each variant's accuracy gap comes from shift, what from
diversity."""

import pandas as pd
from matplotlib.figure import Figure

from synthgap.figures.charts.intervals import draw_intervals, rows_by_name, with_ends
from synthgap.figures.charts.style import QUIET, Chart, colours

PARTS = {
    "accuracy_gap": "whole gap",
    "gap_from_shift": "= from shift",
    "gap_from_diversity": "+ from diversity",
    "gap_from_spread": "of which from spread",
    "gap_from_shape": "of which from shape",
}
"""Column and name of each panel: two add up to the gap, and two more to diversity."""


def draw(variants: pd.DataFrame) -> Chart:
    """Draw the accuracy gap of each variant and its parts with their intervals, a panel a part.

    A part can be negative: then it lies left of the line, and narrows the gap.

    Args:
        variants: summary of one encoder, a row a source. Sources without a gap, such as the
            natural ones, are left out; where a class has too few images, none has any.
    """
    # A column that the table lacks is one without values.
    data = variants.reindex(columns=["source", "n", *with_ends(*PARTS)])
    data = data[data["accuracy_gap"].notna()]
    sources = list(data["source"])
    palette = colours(list(variants["source"]))
    height = 1.5 + 0.4 * max(len(sources), 1)
    figure = Figure(figsize=(12, height), layout="constrained")
    figure.suptitle("Accuracy lost against natural-train, and what it comes from", x=0, ha="left")
    if not sources:
        why = "not measured: a class has too few images to win a vote of five"
        figure.text(0.5, 0.4, why, ha="center", va="center", color=QUIET)
        return Chart(figure, data)
    panels = figure.subplots(1, len(PARTS), sharex=True, sharey=True)
    for axes, (column, name) in zip(panels, PARTS.items(), strict=True):
        axes.axvline(0, color="#222222", linewidth=0.8)
        draw_intervals(axes, data, column, [palette[source] for source in sources])
        axes.set_title(name, fontweight="normal")
    rows_by_name(panels[0], sources)
    figure.supxlabel("5-NN accuracy of natural-train minus the source's, share of natural-val")
    return Chart(figure, data)
