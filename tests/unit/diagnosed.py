"""Classes for tests of the diagnosis: clouds of unit embeddings around directions, and prompts."""

from collections.abc import Mapping

import numpy as np
from points import unit

from synthgap.diagnosis.evidence import Class


def centres(classes: int, d: int) -> np.ndarray:
    """Directions of the classes, none near another."""
    return np.linalg.qr(np.random.default_rng(0).normal(size=(d, classes)))[0].T


def cloud(rng: np.random.Generator, centre: np.ndarray, n: int, spread: float = 0.6) -> np.ndarray:
    """n unit embeddings around a direction."""
    return unit(centre + spread * rng.normal(size=(n, len(centre))) / np.sqrt(len(centre)))


def world(
    seed: int,
    classes: int = 8,
    n: int = 40,
    d: int = 16,
    planted: Mapping[int, np.ndarray] | None = None,
) -> list[Class]:
    """Classes whose images are like the natural ones, but for those that are planted."""
    rng = np.random.default_rng(seed)
    found = []
    for number, centre in enumerate(centres(classes, d)):
        images, train, val = (cloud(rng, centre, n) for _ in range(3))
        if planted and number in planted:
            images = planted[number]
        found.append(Class(f"class-{number}", f"name {number}", images, train, val))
    return found
