"""scikit-learn's handwritten digits as a natural image set in three disjoint parts.

The 1,797 scans of 8×8 pixels (E. Alpaydin, C. Kaynak: Optical Recognition of Handwritten Digits,
UCI, 1998) are enlarged to 16×16 RGB. `web` is all that the miniature's models ever see; `train`
and `val` are the natural sets that a study compares with.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from PIL import Image

Part = Literal["web", "train", "val"]

SIZE = 16
"""Height and width of an enlarged scan in pixels."""

CLASS_IDS = tuple(f"digit-{d}" for d in range(10))
"""The classes of this set, in the order of the digits."""


class Scan(NamedTuple):
    """One scan: its number in scikit-learn's set and its picture."""

    number: int
    image: Image.Image


def enlarge(scan: np.ndarray) -> Image.Image:
    """Enlarge one scan of 8×8 grey levels in 0..16 to an RGB image of `SIZE`×`SIZE`."""
    grey = Image.fromarray(np.round(scan * (255 / 16)).astype(np.uint8))
    return grey.resize((SIZE, SIZE), Image.Resampling.BICUBIC).convert("RGB")


def scans(part: Part, class_id: str, train_per_class: int, val_per_class: int) -> Iterator[Scan]:
    """Yield the scans of one class in one part, always in the same order."""
    return cut(class_id, *bounds(part, train_per_class, val_per_class))


def bounds(part: Part, train_per_class: int, val_per_class: int) -> tuple[int, int | None]:
    """First and last place of a part in a class's order: `val` first, then `train`, then `web`."""
    train = val_per_class + train_per_class
    return {"val": (0, val_per_class), "train": (val_per_class, train), "web": (train, None)}[part]


def cut(class_id: str, first: int, last: int | None) -> Iterator[Scan]:
    """Yield a stretch of one class's scans in their fixed order, a permutation."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    digit = CLASS_IDS.index(class_id)
    of_class = np.flatnonzero(digits.target == digit)
    for number in np.random.default_rng(digit).permutation(of_class)[first:last]:
        yield Scan(int(number), enlarge(digits.images[number]))
