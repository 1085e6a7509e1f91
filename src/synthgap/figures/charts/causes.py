"""The chart of the diagnosis: how many classes of each variant have each defect."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from synthgap.figures.charts.intervals import rows_by_name
from synthgap.figures.charts.style import QUIET, Chart, colours
from synthgap.summary.causes import NAMES


def draw(causes: pd.DataFrame) -> Chart:
    """Draw the share of classes that have each defect, a panel a defect and a bar a variant.

    Args:
        causes: `summary/causes` of one encoder, a row a variant and cause.
    """
    kinds = list(dict.fromkeys(causes["cause"]))
    sources = list(dict.fromkeys(causes["source"]))
    palette = colours(sources)
    figure = Figure(figsize=(10, 1.3 + 0.4 * len(sources)), layout="constrained")
    panels = figure.subplots(1, len(kinds), sharey=True, sharex=True, squeeze=False)[0]
    for axes, cause in zip(panels, kinds, strict=True):
        for row in causes[causes["cause"] == cause].to_dict("records"):
            place, share = sources.index(row["source"]), row["share"]
            if not row["classes"]:
                axes.text(0.02, place, "not measured", va="center", color=QUIET, fontsize=8)
                continue
            axes.barh(place, share, color=palette[row["source"]], height=0.6)
            text = f"{row['suffer']} of {row['classes']}"
            axes.text(share + 0.02, place, text, va="center", fontsize=8)
        axes.grid(axis="y", visible=False)
        axes.set_xticks([0, 0.5, 1])
        axes.set_title(NAMES[cause])
        # Room for the words behind a full bar.
        axes.set_xlim(0, 1.35)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    rows_by_name(panels[0], sources)
    figure.supxlabel("classes that have the defect, at a false-discovery rate of 5 %")
    return Chart(figure, causes.drop(columns="encoder"))
