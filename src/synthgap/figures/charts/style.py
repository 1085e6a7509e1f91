"""How every figure looks, and how it is saved."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from synthgap.files import replacing

NATURAL = {"natural-train": "#222222", "natural-val": "#8a8a8a"}
"""Natural sources are black and grey."""

VARIANTS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#6b4c9a")
"""Colours that colour-blind readers can tell apart (M. Okabe, K. Ito, 2008), and two more."""

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
        "savefig.dpi": 160,
        "legend.frameon": False,
    }
)


def colours(sources: Sequence[str]) -> dict[str, str]:
    """Give each source its colour; a variant's depends on its place among the variants."""
    variants = [source for source in sources if source not in NATURAL]
    return {
        source: NATURAL.get(source) or VARIANTS[variants.index(source) % len(VARIANTS)]
        for source in sources
    }


def by_source(axes: Axes, sources: Sequence[str]) -> None:
    """Give the vertical axis a line a source, the first one on top."""
    axes.set_yticks(range(len(sources)), sources)
    axes.set_ylim(len(sources) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)


def save(figure: Figure, path: str | Path) -> None:
    """Write a figure as PNG, without the version and date that would differ between runs."""
    with replacing(path) as beside:
        figure.savefig(beside, format="png", bbox_inches="tight", metadata={"Software": None})
