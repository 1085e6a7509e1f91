"""Panels of one size in rows, with one pair of axes."""

from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure


def shape(count: int, most: int) -> tuple[int, int]:
    """Rows and columns for some panels, with rows as equal as can be.

    >>> shape(3, 4), shape(4, 4), shape(5, 4)
    ((1, 3), (1, 4), (2, 3))
    """
    rows = ceil(count / most)
    return rows, ceil(count / rows)


def grid(figure: Figure | SubFigure, count: int, most: int) -> list[Axes]:
    """Divide a figure into panels that share their axes.

    Args:
        figure: which.
        count: how many panels.
        most: panels in a row, at most.
    """
    rows, columns = shape(count, most)
    axes = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    places = list(axes.flat)
    for empty in places[count:]:
        empty.set_axis_off()
    # Above an empty place the axis is the last of its column.
    for last in places[max(count - columns, 0) : count]:
        last.tick_params(labelbottom=True)
    return places[:count]
