"""The picture of README.md: what a homonym does to a class of the default study.

`python benchmarks/homonym.py` writes docs/figures/homonym.png from the images of a finished default
study: the first eight sixes of natural-train and of two variants. Nothing is chosen by hand.
"""

import argparse
from itertools import islice
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from synthgap.figures.charts import style
from synthgap.image_files.decoding import pictures
from synthgap.tables import read_pieces

ROOT = Path(__file__).resolve().parents[1]
CLASS, SHOWN, GAP = "digit-6", 8, 1

ROWS = {
    "natural-train": "natural images of a six",
    "classname": "prompt “loop”:\nambiguous prompt",
    "disamb": "prompt “loop, a closed ring\nbelow a tall curved stem”:\ntoo alike",
}
"""Of each source what stands beside it."""


def strip(table: Path) -> np.ndarray:
    """The first pictures of a table side by side, with white gaps."""
    (piece,) = islice(read_pieces(table, SHOWN), 1)
    images = [np.asarray(picture.convert("RGB")) for picture in pictures(piece, table)]
    white = np.full((len(images[0]), GAP, 3), 255, dtype=np.uint8)
    return np.concatenate([part for image in images for part in (image, white)][:-1], axis=1)


def draw(images: Path, path: Path) -> None:
    """Draw a row a source.

    Args:
        images: the folder `images` of a study's results.
        path: where to, PNG.
    """
    figure = Figure(figsize=(9, 2.6), layout="constrained")
    for axes, (source, text) in zip(figure.subplots(len(ROWS), 1), ROWS.items(), strict=True):
        axes.imshow(strip(images / source / f"{CLASS}.parquet"), interpolation="nearest")
        axes.set_ylabel(text, rotation=0, ha="right", va="center")
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
    style.save_picture(figure, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=Path, default=ROOT / "results/images")
    parser.add_argument("--figure", type=Path, default=ROOT / "docs/figures/homonym.png")
    options = parser.parse_args()
    draw(options.images, options.figure)


if __name__ == "__main__":
    main()
