"""What charts of dots and intervals show, read from their figures."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer


def dots(axes: Axes) -> dict[int, tuple[float, float, float]]:
    """Of each line that has a dot its number and the ends of its interval."""
    found = {}
    for container in axes.containers:
        assert isinstance(container, ErrorbarContainer)
        ((x, y),) = container.lines[0].get_xydata()
        (segment,) = container.lines[2][0].get_segments()
        assert np.all(segment[:, 1] == y)
        found[int(y)] = (x, *segment[:, 0])
    return found


def line_names(axes: Axes) -> list[str]:
    return [label.get_text() for label in axes.get_yticklabels()]
