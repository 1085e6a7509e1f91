"""Products of a tile of queries with a block of points, on numpy or on torch.

A search is a matrix product and a comparison. Only what passes the comparison, a few of a
thousand, leaves this module, so that everything else is the same on a CPU and on a GPU.

Scores are q·p - ‖p‖²/2: among the points of one query the highest score is the nearest point. The
half norm is one more column of the points (and a column of ones of the queries), so that the
product is the score.
"""

from typing import Any, NamedTuple, Protocol

import numpy as np
from jaxtyping import Float, Int

Rows = Float[np.ndarray, "n d"]


class Passed(NamedTuple):
    """The entries of a tile that passed, row by row."""

    rows: Int[np.ndarray, "p"]
    columns: Int[np.ndarray, "p"]
    scores: Float[np.ndarray, "p"]


class Products(Protocol):
    """Where products are computed. Tiles and blocks are sized for it."""

    dtype: Any
    """float32 or float64."""
    tile: int
    """Queries at once."""
    block: int
    """Points at once."""

    def queries(self, rows: Rows) -> Any:
        """Take queries with their column of ones."""

    def points(self, rows: Rows, half_squares: Float[np.ndarray, "n"]) -> Any:
        """Take points with their column of negative half norms."""

    def scores(self, queries: Any, points: Any) -> Any:
        """Multiply. The result is overwritten by the next call."""

    def above(self, scores: Any, thresholds: Float[np.ndarray, "q"]) -> Passed:
        """Entries that exceed their row's threshold."""

    def raise_columns(self, scores: Any, by: Float[np.ndarray, "b"]) -> None:
        """Add to each column, in place."""

    def leave_out(
        self, scores: Any, rows: Int[np.ndarray, "s"], columns: Int[np.ndarray, "s"]
    ) -> None:
        """Let these entries pass no threshold."""


def products_on(device: str, dtype: Any) -> Products:
    """Products on the CPU (numpy), or on a device of torch's: cuda, or torch:cpu for tests."""
    return OnNumpy(dtype) if device == "cpu" else OnTorch(dtype, device.removeprefix("torch:"))


def with_column(rows: Rows, column: Float[np.ndarray, "n"] | float, dtype: Any) -> Rows:
    """Convert rows and append a column."""
    wide = np.empty((len(rows), rows.shape[1] + 1), dtype)
    wide[:, :-1] = rows
    wide[:, -1] = column
    return wide


class OnNumpy:
    """Products by numpy's BLAS, with as many threads as that has."""

    tile = 4096
    block = 4096
    # Smaller ones would fit a cache, but BLAS would wait for its threads more often.

    def __init__(self, dtype: Any) -> None:
        """Take float32 or float64."""
        self.dtype = np.dtype(dtype)
        self._scores = np.empty(self.tile * self.block, dtype)

    def queries(self, rows: Rows) -> Rows:
        """Take queries with their column of ones."""
        return with_column(rows, 1.0, self.dtype)

    def points(self, rows: Rows, half_squares: Float[np.ndarray, "n"]) -> Rows:
        """Take points with their column of negative half norms."""
        return with_column(rows, -half_squares, self.dtype)

    def scores(self, queries: Rows, points: Rows) -> Float[np.ndarray, "q b"]:
        """Multiply. The result is overwritten by the next call."""
        shape = len(queries), len(points)
        out = self._scores[: shape[0] * shape[1]].reshape(shape)
        return np.matmul(queries, points.T, out=out)

    def above(self, scores: Float[np.ndarray, "q b"], thresholds: Float[np.ndarray, "q"]) -> Passed:
        """Entries that exceed their row's threshold."""
        passed = scores > thresholds.astype(self.dtype)[:, None]
        places = _true(passed.ravel())
        rows, columns = np.divmod(places, scores.shape[1])
        return Passed(rows, columns, scores.ravel()[places])

    def raise_columns(self, scores: Float[np.ndarray, "q b"], by: Float[np.ndarray, "b"]) -> None:
        """Add to each column, in place."""
        scores += by.astype(self.dtype)

    def leave_out(
        self,
        scores: Float[np.ndarray, "q b"],
        rows: Int[np.ndarray, "s"],
        columns: Int[np.ndarray, "s"],
    ) -> None:
        """Let these entries pass no threshold."""
        scores[rows, columns] = -np.inf


def _true(flags: np.ndarray) -> Int[np.ndarray, "p"]:
    """Where flags are set. Few are: look at eight at once first."""
    whole = len(flags) // 8 * 8
    eights = np.flatnonzero(flags[:whole].view(np.uint64))
    within = np.flatnonzero(flags[:whole].reshape(-1, 8)[eights])
    places = eights[within // 8] * 8 + within % 8
    return np.concatenate([places, whole + np.flatnonzero(flags[whole:])])


class OnTorch:
    """Products by torch, on its CPU or on a GPU; never in TF32, whose errors are too large."""

    tile = 8192
    block = 32768

    def __init__(self, dtype: Any, device: str) -> None:
        """Take float32 or float64, and a device by torch's name."""
        import torch

        self._torch = torch
        self.dtype = np.dtype(dtype)
        self.device = torch.device(device)

    def _put(self, array: np.ndarray) -> Any:
        return self._torch.from_numpy(np.ascontiguousarray(array, self.dtype)).to(self.device)

    def queries(self, rows: Rows) -> Any:
        """Take queries with their column of ones."""
        return self._put(with_column(rows, 1.0, self.dtype))

    def points(self, rows: Rows, half_squares: Float[np.ndarray, "n"]) -> Any:
        """Take points with their column of negative half norms."""
        return self._put(with_column(rows, -half_squares, self.dtype))

    def scores(self, queries: Any, points: Any) -> Any:
        """Multiply."""
        allowed = self._torch.backends.cuda.matmul.allow_tf32
        self._torch.backends.cuda.matmul.allow_tf32 = False
        try:
            return queries @ points.T
        finally:
            self._torch.backends.cuda.matmul.allow_tf32 = allowed

    def above(self, scores: Any, thresholds: Float[np.ndarray, "q"]) -> Passed:
        """Entries that exceed their row's threshold."""
        places = (scores > self._put(thresholds)[:, None]).nonzero(as_tuple=True)
        found = (array.cpu().numpy() for array in (*places, scores[places]))
        return Passed(*found)

    def raise_columns(self, scores: Any, by: Float[np.ndarray, "b"]) -> None:
        """Add to each column, in place."""
        scores += self._put(by)

    def leave_out(
        self, scores: Any, rows: Int[np.ndarray, "s"], columns: Int[np.ndarray, "s"]
    ) -> None:
        """Let these entries pass no threshold."""
        places = (self._torch.from_numpy(places).to(self.device) for places in (rows, columns))
        scores[tuple(places)] = -self._torch.inf
