"""Folders of small pictures, for tests of the command line."""

import io
from pathlib import Path

import datasets
import numpy as np
from PIL import Image


def png(number: int) -> bytes:
    pixels = np.random.default_rng(number).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()


def fill(folder: Path, images: int, first: int = 0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + images):
        (folder / f"{number:03}.png").write_bytes(png(number))
    return folder


def tree(root: Path, **classes: int) -> Path:
    """Class folders with so many pictures in each."""
    for name, images in classes.items():
        fill(root / name, images)
    return root


def dataset(labels: list[int], names: tuple[str, ...] = ("crane", "heron")) -> datasets.Dataset:
    """Pictures with labels, as the library `datasets` keeps them."""
    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=list(names))}
    )
    rows = {
        "image": [{"bytes": png(k), "path": f"{k}.png"} for k in range(len(labels))],
        "label": labels,
    }
    return datasets.Dataset.from_dict(rows, features=features)
