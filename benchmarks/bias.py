"""Bias: what each diversity measure says of n images of one known distribution, for growing n.

`python benchmarks/bias.py` writes docs/figures/bias.png and prints the table of docs/MEASURES.md.
Samples are unit embeddings of 64 dimensions: Gaussians around a centre of length 1, whose variances
fall as 1/rank and add up to 0.5, divided by their length. Measures of two sets compare two samples
of this one distribution, so that nothing but n moves them. Deterministic.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from synthgap import measures
from synthgap.errors import InputError
from synthgap.figures.charts import style

ROOT = Path(__file__).resolve().parents[1]
DIMENSIONS = 64
SIZES = (5, 10, 20, 50, 100, 200, 500, 1000, 2000)
POINTS = 4000
"""About as many images are drawn for each n, in at least three samples and at most forty."""

Measure = Callable[[np.ndarray, np.ndarray], float]


class Row(NamedTuple):
    """A measure at each n."""

    name: str
    means: list[float]
    spreads: list[float]
    """Standard deviations over the samples."""


def of_neighbours(place: str) -> Measure:
    return lambda images, natural: float(
        getattr(measures.precision_recall_density_coverage(images, natural), place)
    )


MEASURES: dict[str, Measure] = {
    "centroid distance": lambda images, _: measures.centroid_distance(images),
    "mean pairwise cosine": lambda images, _: measures.mean_pairwise_cosine(images),
    "Vendi score": lambda images, _: measures.vendi_score(images),
    "centroid shift": lambda images, natural: measures.centroid_shift(images, natural)[0],
    "Fréchet distance": lambda images, natural: measures.frechet_distance(images, natural),
    "CMMD": lambda images, natural: measures.cmmd(images, natural),
    "precision": of_neighbours("precision"),
    "recall": of_neighbours("recall"),
    "density": of_neighbours("density"),
    "coverage": of_neighbours("coverage"),
}
"""Of images and natural images; those of one set ignore the second."""


def sample(rng: np.random.Generator, n: int) -> np.ndarray:
    variances = 1 / np.arange(1, DIMENSIONS + 1)
    points = rng.normal(size=(n, DIMENSIONS)) * np.sqrt(0.5 * variances / variances.sum())
    points[:, -1] += 1
    unit: np.ndarray = points / np.linalg.norm(points, axis=1, keepdims=True)
    return unit


def measured(name: str, measure: Measure) -> Row:
    means, spreads = [], []
    for n in SIZES:
        repetitions = min(40, max(3, POINTS // n))
        # The same samples for every measure.
        seeds = np.random.SeedSequence(n).spawn(repetitions)
        values = []
        for seed in seeds:
            rng = np.random.default_rng(seed)
            try:
                values.append(measure(sample(rng, n), sample(rng, n)))
            except InputError:
                # Too few images for it, as five are for five neighbours of each.
                values.append(np.nan)
        means.append(float(np.mean(values)))
        spreads.append(float(np.std(values, ddof=1)))
    return Row(name, means, spreads)


def draw(rows: list[Row], path: Path) -> None:
    """A panel a measure: its mean and its standard deviation over samples against n."""
    figure = Figure(figsize=(12, 5.4), layout="constrained")
    panels = figure.subplots(2, 5, sharex=True)
    for axes, row in zip(panels.flat, rows, strict=True):
        means, spreads = np.array(row.means), np.array(row.spreads)
        axes.axhline(means[-1], color=style.NATURAL["natural-val"], linewidth=1, linestyle="--")
        axes.fill_between(
            SIZES, means - spreads, means + spreads, color=style.VARIANTS[0], alpha=0.2, linewidth=0
        )
        axes.plot(SIZES, means, color=style.VARIANTS[0], marker="o", markersize=3)
        axes.set_xscale("log")
        axes.set_xticks([5, 50, 500], ["5", "50", "500"])
        axes.minorticks_off()
        axes.set_title(row.name)
    for axes in panels[-1]:
        axes.set_xlabel("images, n")
    style.save_picture(figure, path)


def table(rows: list[Row]) -> str:
    lines = [
        "| measure | " + " | ".join(f"n = {n:,}" for n in SIZES) + " |",
        "|---" * (len(SIZES) + 1) + "|",
    ]
    lines += [
        f"| {row.name} | "
        + " | ".join("–" if np.isnan(mean) else f"{mean:.3g}" for mean in row.means)
        + " |"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--figure", type=Path, default=ROOT / "docs/figures/bias.png")
    options = parser.parse_args()
    rows = [measured(name, measure) for name, measure in MEASURES.items()]
    draw(rows, options.figure)
    print(table(rows))


if __name__ == "__main__":
    main()
