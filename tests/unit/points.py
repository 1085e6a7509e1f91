"""Embeddings for tests: random directions, rotations, and tables of them on disk."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from synthgap.measures.intervals.samples import ClassSample, PoolSample
from synthgap.tables import write_embeddings


def unit(points: np.ndarray) -> np.ndarray:
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def directions(seed: int, n: int, d: int, centre: np.ndarray | float = 0.0) -> np.ndarray:
    """Normalised Gaussians around a centre."""
    return unit(np.random.default_rng(seed).normal(size=(n, d)) + centre)


def rotation(seed: int, d: int) -> np.ndarray:
    """A random orthogonal matrix."""
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))[0]


@st.composite
def unit_embeddings(draw: st.DrawFn, least: int = 2, most: int = 12) -> np.ndarray:
    """Any unit embeddings, coinciding and opposite ones among them."""
    shape = (draw(st.integers(least, most)), draw(st.integers(1, 6)))
    points = draw(hnp.arrays(np.float64, shape, elements=st.floats(-1, 1, width=16)))
    points[np.linalg.norm(points, axis=1) < 1e-2] = np.eye(1, shape[1])[0]
    return unit(points)


def class_sample(
    images: np.ndarray,
    natural: np.ndarray | None = None,
    *,
    class_id: str = "crane",
    draws: int = 200,
) -> ClassSample:
    """A sample of a source, or of natural-train itself where no natural images are given."""
    other = images if natural is None else natural
    return ClassSample(class_id, images, other, same=natural is None, draws=draws)


def pool_sample(
    images: np.ndarray, classes: int, natural: np.ndarray | None = None, *, draws: int = 200
) -> PoolSample:
    """Equal classes of a source as one set, or of natural-train itself."""
    other = images if natural is None else natural
    labels, natural_labels = (
        np.repeat(np.arange(classes), len(x) // classes) for x in (images, other)
    )
    same = natural is None
    return PoolSample(images, labels, other, natural_labels, same=same, draws=draws, device="cpu")


def write_points(path: Path, class_id: str, points: np.ndarray) -> Path:
    """Write a table of embeddings."""
    rows = [
        {"class_id": class_id, "index": index, "key": f"{class_id}/{index}"}
        for index in range(len(points))
    ]
    write_embeddings(path, pa.Table.from_pylist(rows), points, {"study": "test"})
    return path


def write_source(folder: Path, classes: Mapping[str, np.ndarray]) -> list[Path]:
    """Write a source's tables of embeddings, in the order of the classes."""
    return [
        write_points(folder / f"{class_id}.parquet", class_id, points)
        for class_id, points in classes.items()
    ]
