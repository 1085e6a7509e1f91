"""Contact sheets: images of one class, a row a source."""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from textwrap import fill

import numpy as np
import pandas as pd
import pyarrow as pa
from matplotlib.figure import Figure

from synthgap.figures.charts.style import Chart
from synthgap.image_files.decoding import pictures
from synthgap.image_files.squares import square
from synthgap.tables import read_pieces

SHOWN = 96
"""Side of an image on the sheet in pixels."""

LETTERS_AN_INCH = 9
"""Of the title, in a line that leaves some room."""

SAID = ["class_id", "index", "prompt", "seed", "sha256"]
"""Columns of the image tables that the sheet's data has."""


def draw(title: str, tables: Mapping[str, str | Path], images: int) -> Chart:
    """Draw the first images of each source; a column holds the images of one index.

    Images of one index share their seed across variants: a column shows what the variant changes.

    Args:
        title: what stands above the sheet.
        tables: of each source its image table.
        images: images a source, at most.
    """
    width = 1.6 + 0.8 * images
    title = fill(title, width=int(LETTERS_AN_INCH * width))
    height = 0.3 + 0.2 * (1 + title.count("\n")) + 0.85 * len(tables)
    figure = Figure(figsize=(width, height), layout="constrained")
    rows = figure.subplots(len(tables), 1, squeeze=False)[:, 0]
    figure.suptitle(title, x=0.01, ha="left")
    shown = []
    for axes, (source, path) in zip(rows, tables.items(), strict=True):
        (table,) = islice(read_pieces(path, images), 1)
        # Files keep the pixels as they are, where "nearest" would take those of the figure.
        axes.imshow(_strip(table, path, images), interpolation="none")
        axes.set_ylabel(source, rotation=0, ha="right", va="center")
        axes.set_xticks([])
        axes.set_yticks([])
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        shown.append(table.select(SAID).to_pandas().assign(source=source))
    return Chart(figure, pd.concat(shown)[["source", *SAID]])


def _strip(table: pa.Table, path: str | Path, images: int) -> np.ndarray:
    """Put pictures side by side with a white gap; places without a picture stay white."""
    gap = 4
    strip = np.full((SHOWN, images * (SHOWN + gap) - gap, 3), 255, dtype=np.uint8)
    for place, picture in enumerate(pictures(table, path)):
        middle = square(picture, SHOWN)
        strip[:, place * (SHOWN + gap) : place * (SHOWN + gap) + SHOWN] = np.asarray(middle)
    return strip
