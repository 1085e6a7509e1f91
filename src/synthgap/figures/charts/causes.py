"""The chart of the diagnosis: how many classes of each variant suffer from each cause."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from synthgap.figures.charts.style import by_source, colours, save


def draw_causes(path: str | Path, causes: pd.DataFrame) -> None:
    """Draw the share of classes that suffer from each cause, a panel a cause and a bar a variant.

    Args:
        path: where to, PNG.
        causes: `summary/causes` of one encoder, a row a variant and cause.
    """
    names = list(dict.fromkeys(causes["cause"]))
    sources = list(dict.fromkeys(causes["source"]))
    palette = colours(sources)
    figure = Figure(figsize=(10, 1.4 + 0.4 * len(sources)), layout="constrained")
    panels = figure.subplots(1, len(names), sharey=True, sharex=True)
    for axes, cause in zip(panels, names, strict=True):
        for row in causes[causes["cause"] == cause].to_dict("records"):
            place, share = sources.index(row["source"]), row["share"]
            if not row["classes"]:
                axes.text(0.02, place, "not measured", va="center", color="#767676", fontsize=8)
                continue
            axes.barh(place, share, color=palette[row["source"]], height=0.6)
            inside = share > 0.7
            axes.text(
                share - 0.02 if inside else share + 0.02,
                place,
                f"{row['suffer']} of {row['classes']}",
                va="center",
                ha="right" if inside else "left",
                color="white" if inside else "black",
                fontsize=8,
            )
        axes.grid(axis="y", visible=False)
        axes.set_xticks([0, 0.5, 1])
        axes.set_title(cause)
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    by_source(panels[0], sources)
    figure.supxlabel("share of classes that suffer, at a false-discovery rate of 5 %", fontsize=10)
    save(figure, path)
