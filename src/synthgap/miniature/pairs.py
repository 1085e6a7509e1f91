"""The miniature's own pairs of image and caption, as a user would list them."""

import csv
from pathlib import Path

import numpy as np
from PIL import Image

from synthgap.files import replacing_folder
from synthgap.miniature.attributes import describe
from synthgap.miniature.captions import captions, draw
from synthgap.miniature.web import WebScans

FILE = "pairs.csv"
"""The table in the folder."""


def write_pairs(scans: WebScans, folder: Path) -> None:
    """Write each web scan as a file and, in a CSV file beside them, one true caption of it.

    Args:
        scans: what the miniature's models were trained on.
        folder: where to; replaced as a whole.
    """
    texts = captions()
    said = draw(scans.digits, describe(scans.pixels, scans.digits), np.random.default_rng(0))
    rows = [(f"{number:04d}.png", texts[caption]) for number, caption in enumerate(said)]
    with replacing_folder(folder) as new:
        for scan, (name, _) in zip(scans.pixels, rows, strict=True):
            Image.fromarray(scan).save(new / name)
        with (new / FILE).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("file", "caption"), *rows])
