"""The chart of cross accuracy: how far class means of each source serve for images of others."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from synthgap.figures.charts.intervals import with_ends
from synthgap.figures.charts.style import Chart
from synthgap.numbers import number


def draw(cross: pd.DataFrame) -> Chart:
    """Draw how the accuracy of each source's class means differs from that of natural-train's.

    A colour says the difference, the numbers in a cell say it and, below, the accuracy itself.

    Args:
        cross: `measures/{encoder}`, a row a source, query and class; rows of all classes are shown.
    """
    overall = cross[cross["class_id"].isna()]
    sources = list(dict.fromkeys(overall["source"]))
    cells = overall.set_index(["source", "query"])
    side = 1.2 + 0.85 * len(sources)
    figure = Figure(figsize=(side + 2.4, side + 1), layout="constrained")
    axes = figure.subplots()
    differences = overall.pivot_table(
        index="source", columns="query", values="difference", dropna=False
    )
    values = differences.reindex(index=sources, columns=sources).to_numpy(dtype=float)
    reach = max(0.05, np.nanmax(np.abs(values), initial=0))
    # Red to blue, which colour-blind readers can tell apart; white is no difference.
    image = axes.imshow(np.nan_to_num(values), cmap="RdBu", vmin=-reach, vmax=reach)
    for row, source in enumerate(sources):
        for column, query in enumerate(sources):
            cell = cells.loc[(source, query)]
            shade = "white" if abs(values[row, column]) > 0.55 * reach else "black"
            decided = cell["difference_low"] > 0 or cell["difference_high"] < 0
            place: dict[str, Any] = {"ha": "center", "va": "center", "color": shade}
            accuracy = number(cell["centroid_accuracy"], 2)
            if np.isnan(cell["difference"]):
                axes.text(column, row, accuracy, **place)
                continue
            axes.text(
                column,
                row - 0.13,
                number(cell["difference"], 2, signed=True),
                fontweight="bold" if decided else "normal",
                **place,
            )
            axes.text(column, row + 0.22, accuracy, fontsize=7.5, **place)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.set_xticks(range(len(sources)), sources, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(sources)), sources)
    axes.tick_params(length=0)
    axes.set_xlabel("images that are classified")
    axes.set_ylabel("class means are those of")
    axes.set_title("Accuracy of the nearest class mean")
    bar = figure.colorbar(image, ax=axes, shrink=0.8)
    bar.outline.set_visible(False)
    bar.set_label(
        "accuracy minus that with natural-train's means\n(bold: 95 % interval without 0)",
        labelpad=8,
    )
    columns = ["source", "query", *with_ends("centroid_accuracy", "difference")]
    return Chart(figure, overall[columns])
