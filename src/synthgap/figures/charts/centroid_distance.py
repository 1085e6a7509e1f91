"""The chart of diversity: the centroid distance of each source and of its classes."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from synthgap.figures.charts.intervals import (
    draw_intervals,
    draw_natural_band,
    rows_by_name,
    with_ends,
)
from synthgap.figures.charts.style import Chart, colours


def draw(variants: pd.DataFrame, classes: pd.DataFrame) -> Chart:
    """Draw the centroid distance of each source with its interval, and of each of its classes.

    Args:
        variants: summary of one encoder, a row a source.
        classes: summary of one encoder, a row a class and source.
    """
    sources = list(variants["source"])
    palette = colours(sources)
    figure = Figure(figsize=(8, 1.2 + 0.5 * len(sources)), layout="constrained")
    axes = figure.subplots()
    draw_natural_band(axes, variants, "centroid_distance")
    for place, source in enumerate(sources):
        single = classes.loc[classes["source"] == source, "centroid_distance"]
        axes.plot(
            single,
            np.full(len(single), place + 0.28),
            "|",
            color=palette[source],
            # A thousand lie one on the other.
            alpha=0.5 if len(single) <= 100 else 0.12,
            markersize=7,
        )
    draw_intervals(axes, variants, "centroid_distance", list(palette.values()))
    rows_by_name(axes, sources)
    axes.set_xlim(left=0)
    axes.set_xlabel("centroid distance, mean of ‖e − μ‖² of unit-length embeddings (0 to 1)")
    images = variants["n"].min()
    axes.set_title(f"Diversity at {images} images a class (further right: more diverse)")
    columns = ["source", "class_id", "n", *with_ends("centroid_distance")]
    data = pd.concat([variants, classes]).reindex(columns=columns)
    return Chart(figure, data)
