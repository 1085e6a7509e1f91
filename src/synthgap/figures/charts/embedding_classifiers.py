"""The chart of classifiers on the embeddings of one encoder."""

import pandas as pd
from matplotlib.figure import Figure

from synthgap.figures.charts.grid import grid, shape
from synthgap.figures.charts.intervals import draw_intervals, rows_by_name, with_ends
from synthgap.figures.charts.style import NATURAL, Chart, colours


def draw(accuracies: pd.DataFrame) -> Chart:
    """Draw the accuracy of each classifier with its interval, a panel a source.

    Beside each dot stands a small one: what the same classifier makes of natural-train.

    Args:
        accuracies: summary of one encoder, a row a source and classifier.
    """
    sources = list(dict.fromkeys(accuracies["source"]))
    names = list(dict.fromkeys(accuracies["name"]))
    palette = colours(sources)
    rows, columns = shape(len(sources))
    size = 2.0 + 2.1 * columns, 0.8 + (0.5 + 0.26 * len(names)) * rows
    figure = Figure(figsize=size, layout="constrained")
    tables = {
        source: of_source.set_index("name").reindex(names)
        for source, of_source in accuracies.groupby("source", sort=False)
    }
    for axes, source in zip(grid(figure, len(sources)), sources, strict=True):
        if source != "natural-train" and "natural-train" in tables:
            axes.plot(
                tables["natural-train"]["accuracy"],
                range(len(names)),
                "D",
                color=NATURAL["natural-val"],
                markersize=3.5,
                markerfacecolor="white",
            )
        draw_intervals(axes, tables[source], "accuracy", [palette[source]] * len(names))
        rows_by_name(axes, names)
        axes.set_title(source)
    figure.suptitle(
        f"Classifiers on embeddings, {accuracies['n'].min()} images a class "
        "(small diamonds: trained on natural-train)",
        x=0,
        ha="left",
    )
    figure.supxlabel("accuracy on natural-val: share of images put right, mean over classes")
    shown = ["source", "classifier", "name", "n", *with_ends("accuracy")]
    return Chart(figure, accuracies[shown])
