"""The chart of a sweep: measures against the guidance scale, and the frontier."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from synthgap.figures.charts.intervals import lengths, with_ends
from synthgap.figures.charts.style import NATURAL, QUIET, VARIANTS, Chart

ADHERENCE, DISTANCE = "adherence", "centroid_distance"

PANELS = {
    ADHERENCE: "Adherence to the prompt",
    DISTANCE: "Centroid distance (diversity)",
    "centroid_accuracy": "Nearest class mean",
    "knn_accuracy": "Five nearest images",
    "top1": "Trained classifier",
}
"""Of each measure its panel; accuracies are on natural-val."""

COLUMNS = 3

TRAIN = "natural-train"


def draw(frontier: pd.DataFrame, variants: pd.DataFrame) -> Chart:
    """Draw each sweep: a panel a measure, then its frontier.

    Args:
        frontier: `summary/frontier` of one encoder.
        variants: `summary/variants` of one encoder, for the numbers of natural images.
    """
    rows = frontier[frontier["class_id"].isna()]
    groups = [
        group for _, group in rows.groupby(["generator", "prompts"], sort=False, dropna=False)
    ]
    panels = [_panels(group) for group in groups]
    heights = [-(-(len(each) + 1) // COLUMNS) for each in panels]
    figure = Figure(figsize=(10.5, 0.5 + 3.1 * sum(heights)), layout="constrained")
    parts = figure.subfigures(len(groups), 1, squeeze=False, height_ratios=heights)[:, 0]
    for part, group, measures in zip(parts, groups, panels, strict=True):
        _draw_sweep(part, group, measures, variants)
    kept = ["generator", "prompts", "source", "guidance_scale", *with_ends(*PANELS), "on_frontier"]
    return Chart(figure, rows[kept])


def _panels(group: pd.DataFrame) -> list[str]:
    return [name for name in PANELS if group[name].notna().any()]


def _draw_sweep(
    part: SubFigure, group: pd.DataFrame, measures: list[str], variants: pd.DataFrame
) -> None:
    first = group.iloc[0]
    part.suptitle(", ".join(each for each in (first["generator"], first["prompts"]) if each))
    places = list(part.subplots(-(-(len(measures) + 1) // COLUMNS), COLUMNS, squeeze=False).flat)
    for axes, measure in zip(places, measures, strict=False):
        _draw_curve(axes, group[group[measure].notna()], measure)
        value = _natural(measure, group, variants)
        if value is not None:
            axes.axhline(value, color=NATURAL[TRAIN], linewidth=0.8, linestyle=":")
            axes.annotate(TRAIN, (1, value), xycoords=("axes fraction", "data"), ha="right",
                          va="bottom", fontsize=8)  # fmt: skip
        axes.set_title(PANELS[measure])
        axes.set_xlabel("guidance scale")
    frontier = places[len(measures)]
    for empty in places[len(measures) + 1 :]:
        empty.set_axis_off()
    if {ADHERENCE, DISTANCE} <= set(measures):
        _draw_frontier(frontier, group)
    else:
        frontier.set_axis_off()


def _natural(measure: str, group: pd.DataFrame, variants: pd.DataFrame) -> float | None:
    """The number of natural-train; its adherence is that to the prompts of the sweep."""
    source, column = TRAIN, measure
    if measure == ADHERENCE:
        source, column = group["source"].iloc[0], "natural_adherence"
    if column not in variants:
        return None
    found = variants.loc[variants["source"] == source, column].dropna()
    return None if found.empty else float(found.iloc[0])


def _draw_curve(axes: Axes, rows: pd.DataFrame, measure: str) -> None:
    scales = list(rows["guidance_scale"])
    axes.errorbar(
        scales, rows[measure], yerr=lengths(rows, measure), fmt="o-", color=VARIANTS[0],
        linewidth=1.2, markersize=4, capsize=2,
    )  # fmt: skip
    if min(scales) > 0:
        axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(scales))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda scale, _: f"{scale:g}"))
    axes.tick_params(axis="x", labelsize=8)


def _draw_frontier(axes: Axes, group: pd.DataFrame) -> None:
    """Draw each scale as a dot with its number; those that none beats are joined."""
    best = group[group["on_frontier"].astype(bool)].sort_values(DISTANCE)
    axes.plot(best[DISTANCE], best[ADHERENCE], "-", color=VARIANTS[0], linewidth=1.2)
    for row in group.to_dict("records"):
        shade = VARIANTS[0] if row["on_frontier"] else QUIET
        axes.plot(row[DISTANCE], row[ADHERENCE], "o", color=shade, markersize=5)
        axes.annotate(
            f"{row['guidance_scale']:g}", (row[DISTANCE], row[ADHERENCE]), (0, 5),
            textcoords="offset points", ha="center", fontsize=8, color=shade,
        )  # fmt: skip
    if group[DISTANCE].min() > 0:
        # High scales lie close together.
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda distance, _: f"{distance:g}"))
    axes.set_title("Frontier, by guidance scale")
    axes.set_xlabel("centroid distance (further right: more diverse)")
    axes.set_ylabel("adherence")
