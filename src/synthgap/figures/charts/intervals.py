"""Numbers of sources with their intervals, as dots and lines: what most charts consist of."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes

from synthgap.figures.charts.style import NATURAL


def with_ends(*columns: str) -> list[str]:
    """Names of columns and of the ends of their intervals.

    >>> with_ends("top1")
    ['top1', 'top1_low', 'top1_high']
    """
    return [column + end for column in columns for end in ("", "_low", "_high")]


def lengths(rows: pd.DataFrame, column: str) -> Float[np.ndarray, "2 rows"]:
    """How far each interval reaches below and above its number."""
    value, low, high = rows[with_ends(column)].to_numpy(dtype=float).T
    return np.maximum([value - low, high - value], 0)


def rows_by_name(axes: Axes, names: Sequence[str]) -> None:
    """Give the vertical axis a line a name, the first one on top."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)


def draw_intervals(axes: Axes, rows: pd.DataFrame, column: str, shades: Sequence[str]) -> None:
    """Draw a dot with its interval in the line of each row; nothing where the row has no number.

    Args:
        axes: where to; `rows_by_name` gives the lines their names.
        rows: a table, a row a line.
        column: of the number; its interval stands beside it.
        shades: of each row its colour.
    """
    axes.grid(axis="y", visible=False)
    ends = lengths(rows, column)
    for place, value in enumerate(rows[column].to_numpy(dtype=float)):
        if not np.isnan(value):
            axes.errorbar(
                value, place, xerr=ends[:, [place]], fmt="o", color=shades[place], capsize=3
            )


def draw_natural_band(axes: Axes, rows: pd.DataFrame, column: str) -> None:
    """Draw the number of natural-train as a line through all others, and its interval as a band.

    Args:
        axes: where to.
        rows: a table, a row a source.
        column: of the number.
    """
    natural = rows.loc[rows["source"] == "natural-train", with_ends(column)]
    if natural.empty or natural.isna().any(axis=None):
        return
    value, low, high = natural.to_numpy(dtype=float)[0]
    axes.axvspan(low, high, color=NATURAL["natural-train"], alpha=0.07, linewidth=0)
    axes.axvline(value, color=NATURAL["natural-train"], linewidth=0.8, linestyle=":")
