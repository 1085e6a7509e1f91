"""Panels of one size in rows, with one pair of axes."""

from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

A_ROW = 5
"""Panels in a row, at most."""


def shape(count: int) -> tuple[int, int]:
    """Rows and columns for some panels, with rows as equal as can be.

    >>> shape(4), shape(5), shape(6)
    ((1, 4), (1, 5), (2, 3))
    """
    rows = ceil(count / A_ROW)
    return rows, ceil(count / rows)


def grid(figure: Figure | SubFigure, count: int) -> list[Axes]:
    """Divide a figure into panels that share their axes.

    Args:
        figure: which.
        count: how many panels.
    """
    rows, columns = shape(count)
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    places = list(axes.flat)
    for empty in places[count:]:
        empty.set_axis_off()
    # Above an empty place the axis is the last of its column.
    for last in places[max(count - columns, 0) : count]:
        last.tick_params(labelbottom=True)
    return places[:count]
