"""How every chart looks, and how it is saved."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import matplotlib as mpl
import pandas as pd
import pyarrow as pa
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from synthgap.files import replacing
from synthgap.tables import write_csv

NATURAL = {"natural-train": "#222222", "natural-val": "#8a8a8a"}
"""Natural sources are black and grey."""

VARIANTS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#6b4c9a")
"""Colours that colour-blind readers can tell apart (M. Okabe, K. Ito, 2008), and two more."""

QUIET = "#767676"
"""Of words that stand for what is not there."""

mpl.rcParams.update(
    {
        "font.size": 10,
        "axes.titlesize": 11,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": "#e6e6e6",
        "axes.axisbelow": True,
        "figure.dpi": 100,
        "figure.labelsize": 10,
        "figure.titlesize": 11,
        "figure.titleweight": "bold",
        # A name with dollar signs is no formula.
        "text.parse_math": False,
        # Letters stay letters, which journals ask for and people edit.
        "pdf.fonttype": 42,
        "svg.fonttype": "none",
        # Else the names of an SVG's parts differ between runs.
        "svg.hashsalt": "synthgap",
    }
)

WITHOUT_DATE = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
"""Of each format the metadata that would differ between runs or versions."""

PNG_DPI = 160

PADDING = 0.1
"""Inches around what is drawn."""

RASTER_DPI = 300
"""Resolution of what is drawn as pixels inside an SVG or PDF: clouds of points."""


class Chart(NamedTuple):
    """A chart that is drawn."""

    figure: Figure
    data: pd.DataFrame
    """The numbers that it shows, as they stand in the tables."""


def colours(sources: Sequence[str]) -> dict[str, str]:
    """Give each source its colour; a variant's depends on its place among the variants."""
    variants = [source for source in sources if source not in NATURAL]
    return {
        source: NATURAL.get(source) or VARIANTS[variants.index(source) % len(VARIANTS)]
        for source in sources
    }


def save(chart: Chart, files: Mapping[str, str | Path]) -> None:
    """Write a chart as pictures and its data as CSV.

    Args:
        chart: what to write.
        files: where to, by `png`, `svg`, `pdf` and `csv`.
    """
    # Laid out and measured once, and not for each format, which takes as long as drawing. For an
    # engine "none", which stands in for the one before, matplotlib would draw each format twice.
    chart.figure.draw_without_rendering()
    chart.figure.set_layout_engine(None)
    box = chart.figure.get_tightbbox().padded(PADDING)
    for kind in WITHOUT_DATE:
        save_picture(chart.figure, files[kind], kind, box)
    write_csv(pa.Table.from_pandas(chart.data, preserve_index=False), files["csv"])


def save_picture(
    figure: Figure, path: str | Path, kind: str = "png", box: Bbox | Literal["tight"] = "tight"
) -> None:
    """Write a figure, or what lies in a box of it, as PNG, SVG or PDF: the same bytes each time."""
    with replacing(path) as beside:
        figure.savefig(
            beside,
            format=kind,
            dpi=PNG_DPI if kind == "png" else RASTER_DPI,
            bbox_inches=box,
            metadata=WITHOUT_DATE[kind],
        )
