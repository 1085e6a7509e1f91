"""The scans that the miniature's models see: the `web` part of all classes."""

from typing import NamedTuple

import numpy as np

from synthgap.image_sets.digits import CLASS_IDS, scans


class WebScans(NamedTuple):
    """n scans of all classes, class after class."""

    pixels: np.ndarray
    """uint8, n×16×16×3 in 0..255."""

    digits: np.ndarray
    """int64, n: the class of each scan in the order of `CLASS_IDS`."""

    def scaled(self) -> np.ndarray:
        """Return the pixels as models take them: float32, n×3×16×16 in -1..1."""
        return (self.pixels.transpose(0, 3, 1, 2) / np.float32(127.5) - 1).astype(np.float32)


def collect(train_per_class: int, val_per_class: int) -> WebScans:
    """Read the scans that are left when a study takes so many a class for its natural sets.

    Raises ValueError when a class has no scan left.
    """
    pixels, digits = [], []
    for digit, class_id in enumerate(CLASS_IDS):
        of_class = [
            np.asarray(scan.image)
            for scan in scans("web", class_id, train_per_class, val_per_class)
        ]
        if not of_class:
            raise ValueError(
                f"no scan of {class_id} is left to train the miniature on: "
                f"{train_per_class} for training and {val_per_class} for validation are too many"
            )
        pixels += of_class
        digits += [digit] * len(of_class)
    return WebScans(np.stack(pixels), np.array(digits, dtype=np.int64))
