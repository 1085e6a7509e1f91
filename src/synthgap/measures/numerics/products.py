"""Products of a tile of queries with a block of points, on numpy or on torch.

A search is a matrix product and a comparison. Only what passes the comparison, a few of a
thousand, leaves this module, so that everything else is the same on a CPU and on a GPU.

Scores are q·p - ‖q‖²/2 - ‖p‖²/2, which is -‖q - p‖²/2: the highest score is the nearest point, and
a tile serves its columns as it serves its rows. The half norms are one more column of either side
(beside a column of ones of the other), so that the product is the score.
"""

from typing import Any, NamedTuple, Protocol

import numpy as np
from jaxtyping import Float, Int

from synthgap.measures.numerics.threads import of_blas

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
    """Queries, and points, at once."""
    block: int
    """Points that are kept at hand; a multiple of the tile."""

    @property
    def threads(self) -> int:
        """Tiles that may be worked on at once."""

    def queries(self, rows: Rows, half_squares: Float[np.ndarray, "n"]) -> Any:
        """Take queries with their half norms."""

    def points(self, rows: Rows, half_squares: Float[np.ndarray, "n"]) -> Any:
        """Take points with their half norms."""

    def scores(self, queries: Any, points: Any) -> Any:
        """Multiply."""

    def above(self, scores: Any, thresholds: Float[np.ndarray, "..."]) -> Passed:
        """Entries that exceed their threshold; one a row (q 1) or a column (1 b)."""

    def highest(self, scores: Any, k: int) -> Float[np.ndarray, "q"]:
        """The k-th highest of each row."""

    def leave_out(self, scores: Any) -> None:
        """Let the entries of the diagonal pass no threshold."""


def products_on(device: str, dtype: Any) -> Products:
    """Products on the CPU (numpy), or on a device of torch's: cuda, or torch:cpu for tests."""
    return OnNumpy(dtype) if device == "cpu" else OnTorch(dtype, device.removeprefix("torch:"))


def with_columns(rows: Rows, columns: tuple[Any, Any], dtype: Any) -> Rows:
    """Convert rows and append two columns."""
    wide = np.empty((len(rows), rows.shape[1] + 2), dtype)
    wide[:, :-2] = rows
    wide[:, -2], wide[:, -1] = columns
    return wide


class OnNumpy:
    """Products by numpy's BLAS, on as many threads as that has."""

    tile = 1024
    """The scores of a tile, 4 MB, stay in the cache until they are compared."""
    block = 4096

    def __init__(self, dtype: Any) -> None:
        """Take float32 or float64."""
        self.dtype = np.dtype(dtype)

    @property
    def threads(self) -> int:
        """As many as BLAS has."""
        return of_blas()

    def queries(self, rows: Rows, half_squares: Float[np.ndarray, "n"]) -> Rows:
        """Take queries with their half norms."""
        return with_columns(rows, (-half_squares, 1.0), self.dtype)

    def points(self, rows: Rows, half_squares: Float[np.ndarray, "n"]) -> Rows:
        """Take points with their half norms."""
        return with_columns(rows, (1.0, -half_squares), self.dtype)

    def scores(self, queries: Rows, points: Rows) -> Float[np.ndarray, "q b"]:
        """Multiply."""
        found: Float[np.ndarray, "q b"] = queries @ points.T
        return found

    def above(
        self, scores: Float[np.ndarray, "q b"], thresholds: Float[np.ndarray, "..."]
    ) -> Passed:
        """Entries that exceed their threshold."""
        places = _true((scores > thresholds.astype(self.dtype)).ravel())
        rows, columns = np.divmod(places, scores.shape[1])
        return Passed(rows, columns, scores[rows, columns])

    def highest(self, scores: Float[np.ndarray, "q b"], k: int) -> Float[np.ndarray, "q"]:
        """The k-th highest of each row."""
        return np.partition(scores, -k, axis=1)[:, -k]

    def leave_out(self, scores: Float[np.ndarray, "n n"]) -> None:
        """Let the entries of the diagonal pass no threshold."""
        np.fill_diagonal(scores, -np.inf)


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
    threads = 1

    def __init__(self, dtype: Any, device: str) -> None:
        """Take float32 or float64, and a device by torch's name."""
        import torch

        self._torch = torch
        self.dtype = np.dtype(dtype)
        self.device = torch.device(device)

    def _put(self, array: np.ndarray) -> Any:
        return self._torch.from_numpy(np.ascontiguousarray(array, self.dtype)).to(self.device)

    def queries(self, rows: Rows, half_squares: Float[np.ndarray, "n"]) -> Any:
        """Take queries with their half norms."""
        return self._put(with_columns(rows, (-half_squares, 1.0), self.dtype))

    def points(self, rows: Rows, half_squares: Float[np.ndarray, "n"]) -> Any:
        """Take points with their half norms."""
        return self._put(with_columns(rows, (1.0, -half_squares), self.dtype))

    def scores(self, queries: Any, points: Any) -> Any:
        """Multiply."""
        allowed = self._torch.backends.cuda.matmul.allow_tf32
        self._torch.backends.cuda.matmul.allow_tf32 = False
        try:
            return queries @ points.T
        finally:
            self._torch.backends.cuda.matmul.allow_tf32 = allowed

    def above(self, scores: Any, thresholds: Float[np.ndarray, "..."]) -> Passed:
        """Entries that exceed their threshold."""
        places = (scores > self._put(thresholds)).nonzero(as_tuple=True)
        found = (array.cpu().numpy() for array in (*places, scores[places]))
        return Passed(*found)

    def highest(self, scores: Any, k: int) -> Float[np.ndarray, "q"]:
        """The k-th highest of each row."""
        found: Float[np.ndarray, "q"] = scores.topk(k, dim=1).values[:, -1].cpu().numpy()
        return found

    def leave_out(self, scores: Any) -> None:
        """Let the entries of the diagonal pass no threshold."""
        scores.fill_diagonal_(-self._torch.inf)
