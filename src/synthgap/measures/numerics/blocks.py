"""Embeddings read block by block, in memory that does not grow with their number."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from synthgap.measures.numerics import checks

BLOCK_BYTES = 2**25
"""Of a block in double precision: some 5,000 embeddings of 768 dimensions."""

NEGLIGIBLE = 1e-13
"""Share of the largest eigenvalue below which an eigenvalue is rounding."""


@dataclass(frozen=True)
class Rows:
    """Embeddings and what is done to each of them when it is read, always in double precision."""

    images: Float[np.ndarray, "n d"]
    """Any floats; perhaps a memory map."""
    what: str = "images"
    """What they are, for messages."""
    centre: Float[np.ndarray, "d"] | None = None
    """Taken from each."""
    unit: bool = False
    """Each is scaled to exactly unit length, from which rounding may have moved it."""

    @property
    def n(self) -> int:
        """How many there are."""
        return len(self.images)

    def blocks(self, size: int | None = None) -> Iterator[Float[np.ndarray, "b d"]]:
        """Read them, `size` or as many as are good at a time, in order.

        Raises:
            InputError: one is not finite.
        """
        size = size or max(1, BLOCK_BYTES // (8 * self.images.shape[1]))
        for start in range(0, self.n, size):
            block = np.asarray(self.images[start : start + size], dtype=np.float64)
            checks.finite(block, self.what, start)
            if self.unit:
                block = block / np.linalg.norm(block, axis=1, keepdims=True)
            yield block if self.centre is None else block - self.centre

    def mean(self) -> Float[np.ndarray, "d"]:
        """Their mean."""
        found = np.zeros(self.images.shape[1])
        for block in self.blocks():
            found += block.sum(axis=0)
        return found / self.n

    def scatter(self, device: str = "cpu") -> Float[np.ndarray, "d d"]:
        """Sum of the outer products of each with itself."""
        found = np.zeros((self.images.shape[1],) * 2)
        for block in self.blocks():
            found += product(block.T, block, device)
        return found


class Axes(NamedTuple):
    """Eigenvalues and eigenvectors of a matrix of second moments, without those that are zero."""

    eigenvalues: Float[np.ndarray, "r"]
    directions: Float[np.ndarray, "r d"]
    """Of unit length and orthogonal."""


def principal_axes(rows: Rows, divisor: float, device: str = "cpu") -> Axes:
    """Diagonalise the scatter of the rows, divided by `divisor`.

    Of fewer rows than dimensions the singular vectors are taken, which span no more than the rows.
    """
    n, d = rows.images.shape
    if n < d:
        _, singular, vectors = np.linalg.svd(np.concatenate(list(rows.blocks())), False)
        values = singular**2 / divisor
    else:
        values, columns = np.linalg.eigh(rows.scatter(device) / divisor)
        vectors = columns.T
    kept = values > NEGLIGIBLE * values.max()
    return Axes(values[kept], vectors[kept])


def principal_values(rows: Rows, divisor: float, device: str = "cpu") -> Float[np.ndarray, "r"]:
    """The eigenvalues of `principal_axes` alone, for which vectors need not be found."""
    n, d = rows.images.shape
    values: Float[np.ndarray, "r"]
    if n < d:
        singular = np.linalg.svd(np.concatenate(list(rows.blocks())), compute_uv=False)
        values = singular**2 / divisor
    else:
        values = np.linalg.eigvalsh(rows.scatter(device) / divisor)
    kept: Float[np.ndarray, "r"] = values[values > NEGLIGIBLE * values.max()]
    return kept


def product(
    a: Float[np.ndarray, "n k"], b: Float[np.ndarray, "k m"], device: str = "cpu"
) -> Float[np.ndarray, "n m"]:
    """Matrix product in double precision: by numpy on "cpu", else by torch ("torch:cpu" too)."""
    found: Float[np.ndarray, "n m"]
    if device == "cpu":
        found = a @ b
    else:
        import torch

        where = device.removeprefix("torch:")
        one, other = (torch.from_numpy(np.ascontiguousarray(x)).to(where) for x in (a, b))
        found = (one @ other).cpu().numpy()
    return found
