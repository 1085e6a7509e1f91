"""Exact nearest neighbours and balls among very many embeddings, in bounded memory.

Points and queries may be memory maps of millions of rows: they are read block by block, and no
matrix of distances is ever whole. Scores are computed in float32 (in float64 where either array is
of float64) and only find candidates. What they cannot tell apart, by the bound on the rounding of
a dot product (N. J. Higham: Accuracy and Stability of Numerical Algorithms, 2002, section 3.1), is
decided by the distance itself, in float64. So duplicates, ties and the edges of balls come out as
in a comparison of exact distances, whatever the sizes of blocks.

Distances are Euclidean. For unit embeddings their order is that of the cosine.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from tqdm import tqdm

from synthgap.errors import InputError
from synthgap.measures.checks import finite, same_space
from synthgap.measures.products import Passed, products_on

Rows = Float[np.ndarray, "n d"]

SPARE = 4
"""Candidates beyond k. With them, rounding hardly ever leaves the k nearest in doubt."""

FIRST_BLOCK = 512
"""Points of the first block, all of which are candidates."""

NUMBERS_AT_ONCE = 2**17
"""Of float64 in a temporary array, which thus stays in the cache."""

ROWS_SETTLED_AT_ONCE = 4096


class Neighbours(NamedTuple):
    """The k nearest points of each query, nearest first."""

    distances: Float[np.ndarray, "q k"]
    indices: Int[np.ndarray, "q k"]


class Pairs(NamedTuple):
    """Some of the pairs of a centre and a point."""

    centres: Int[np.ndarray, "p"]
    points: Int[np.ndarray, "p"]


class Within(NamedTuple):
    """Pairs of one tile: points in a centre's ball, and centres in a point's ball."""

    of_centres: Pairs
    of_points: Pairs


def nearest(
    queries: Rows, points: Rows, k: int, *, leave_out_self: bool = False, device: str = "cpu"
) -> Neighbours:
    """Find the k nearest points of each query, by Euclidean distance.

    Equal distances are ordered by index. Memory: about 100 MB and, for each query, the answer.

    Args:
        queries: q embeddings of d dimensions, perhaps a memory map.
        points: n embeddings of d dimensions, perhaps a memory map.
        k: how many; at most n.
        leave_out_self: queries are the points; none is its own neighbour (its copies may be).
        device: cpu or cuda.

    Raises:
        InputError: fewer than k points (k others), other dimensions, or a row is not finite.

    >>> found = nearest(np.array([[1.0]]), np.array([[3.0], [0.0], [2.0]]), 2)
    >>> found.distances, found.indices
    (array([[1., 1.]]), array([[1, 2]]))
    """
    search = _Search(queries, points, device)
    available = len(points) - leave_out_self
    if not 1 <= k <= available:
        raise InputError(
            f"{k} nearest neighbours: each has {available} others; k is at least 1 and at most that"
        )
    candidates = search.candidates(min(k + SPARE, available), leave_out_self)
    apart, indices = _sorted(queries, points, candidates.indices)
    found = Neighbours(apart[:, :k].copy(), indices[:, :k].copy())
    if indices.shape[1] < available:
        doubtful = ~search.certain(found.distances[:, -1], candidates.least)
        _settle(found, np.flatnonzero(doubtful), search, leave_out_self, device)
    return found


def in_balls(
    centres: Rows,
    points: Rows,
    radii: Float[np.ndarray, "c"],
    point_radii: Float[np.ndarray, "n"] | None = None,
    *,
    device: str = "cpu",
) -> Iterator[Within]:
    """Give, tile by tile, the points that lie in each centre's ball, and the reverse.

    A ball is open: a point at the distance of the radius is outside.

    Args:
        centres: c embeddings of d dimensions, perhaps a memory map.
        points: n embeddings of d dimensions, perhaps a memory map.
        radii: of the centres' balls, Euclidean.
        point_radii: of the points' balls; without them no pair is given for points.
        device: cpu or cuda.

    Raises:
        InputError: other dimensions, or a row is not finite.

    >>> line = np.arange(4.0)[:, None]
    >>> [tile.of_centres.points for tile in in_balls(line[1:2], line, np.array([1.5]))]
    [array([0, 1, 2])]
    """
    return _Search(centres, points, device).balls(radii, point_radii)


class _Tile(NamedTuple):
    rows: slice
    columns: slice
    scores: Any


class _Candidates(NamedTuple):
    indices: Int[np.ndarray, "q k"]
    least: Float[np.ndarray, "q"]
    """The lowest score among them; every point that is no candidate has at most this one."""


class _Search:
    """Queries against points: norms, bounds on rounding, and the loop over blocks and tiles."""

    def __init__(self, queries: Rows, points: Rows, device: str) -> None:
        same_space("queries", queries, "points", points)
        self.queries, self.points = queries, points
        self.products = products_on(device, np.result_type(queries, points, np.float32))
        self.squares = _squares(queries, "queries")
        point_squares = self.squares if points is queries else _squares(points, "points")
        self.half_point_squares = point_squares / 2
        self.eps = float(np.finfo(self.products.dtype).eps)
        # Of d + 1 terms, each with a rounding of eps/2, and as much again for the thresholds.
        most = np.sqrt(point_squares.max(initial=0))
        terms = queries.shape[1] + 4
        self.doubt = terms * self.eps / 2 * (np.sqrt(self.squares) * most + most**2)
        # What underflows, as all does where every point is zero, is no relative error.
        self.doubt += terms * float(np.finfo(self.products.dtype).tiny)

    def tiles(self) -> Iterator[_Tile]:
        """All of the scores, block by block of the points."""
        n, q, side = len(self.points), len(self.queries), self.products.tile
        starts = [0, *range(min(FIRST_BLOCK, n), n, self.products.block)]
        with tqdm(total=n * q, unit="pair", unit_scale=True, delay=5, leave=False) as progress:
            for start, stop in zip(starts, [*starts[1:], n], strict=True):
                columns = slice(start, stop)
                block = self.products.points(self.points[columns], self.half_point_squares[columns])
                for first in range(0, q, side):
                    rows = slice(first, min(first + side, q))
                    tile = self.products.queries(self.queries[rows])
                    yield _Tile(rows, columns, self.products.scores(tile, block))
                    progress.update((rows.stop - rows.start) * (stop - start))

    def candidates(self, k: int, leave_out_self: bool) -> _Candidates:
        """The k points of highest score of each query, in no order."""
        scores = np.full((len(self.queries), k), -np.inf, self.products.dtype)
        indices = np.zeros((len(self.queries), k), np.int64)
        least = np.full(len(self.queries), -np.inf)
        for tile in self.tiles():
            rows, columns = tile.rows, tile.columns
            if leave_out_self:
                both = np.arange(max(rows.start, columns.start), min(rows.stop, columns.stop))
                self.products.leave_out(tile.scores, both - rows.start, both - columns.start)
            passed = self.products.above(tile.scores, least[rows])
            _merge(scores[rows], indices[rows], least[rows], passed, columns.start)
        return _Candidates(indices, least)

    def certain(
        self, apart: Float[np.ndarray, "q"], least: Float[np.ndarray, "q"]
    ) -> Bool[np.ndarray, "q"]:
        """Whether every point that is no candidate is surely farther away than this."""
        found: Bool[np.ndarray, "q"] = apart**2 < self.squares - 2 * (least + self.doubt)
        return found

    def balls(
        self, radii: Float[np.ndarray, "q"], point_radii: Float[np.ndarray, "n"] | None
    ) -> Iterator[Within]:
        """Pairs of every tile; see `in_balls`."""
        for tile in self.tiles():
            squares, own = self.squares[tile.rows], radii[tile.rows, None]
            # ‖q - p‖ < r means that the score exceeds (‖q‖² - r²)/2.
            of_centres = self._inside(tile, (squares - own[:, 0] ** 2) / 2, own**2, own)
            of_points = Pairs(*np.zeros((2, 0), np.int64))
            if point_radii is not None:
                theirs = point_radii[None, tile.columns]
                self.products.raise_columns(tile.scores, theirs[0] ** 2 / 2)
                of_points = self._inside(tile, squares / 2, theirs.max() ** 2, theirs)
            yield Within(of_centres, of_points)

    def _inside(
        self,
        tile: _Tile,
        thresholds: Float[np.ndarray, "t"],
        squared_radii: Any,
        radii: Float[np.ndarray, "..."],
    ) -> Pairs:
        """Pairs whose score exceeds the threshold; at its edge, those whose distance decides so."""
        squares = self.squares[tile.rows]
        doubt = self.doubt[tile.rows] + self.eps * (squares + np.ravel(squared_radii))
        passed = self.products.above(tile.scores, thresholds - doubt)
        inside = passed.scores > (thresholds + doubt)[passed.rows]
        centres, points = passed.rows + tile.rows.start, passed.columns + tile.columns.start
        edge = np.flatnonzero(~inside)
        limits = np.broadcast_to(radii, np.shape(tile.scores))
        inside[edge] = (
            distances(self.queries, self.points, centres[edge], points[edge])
            < limits[passed.rows[edge], passed.columns[edge]]
        )
        return Pairs(centres[inside], points[inside])


def _merge(
    scores: Float[np.ndarray, "t k"],
    indices: Int[np.ndarray, "t k"],
    least: Float[np.ndarray, "t"],
    passed: Passed,
    start: int,
) -> None:
    """Put what passed among the k best of its row, in place."""
    if not len(passed.rows):
        return
    k = scores.shape[1]
    rows, first, counts = np.unique(passed.rows, return_index=True, return_counts=True)
    row = np.repeat(np.arange(len(rows)), counts)
    place = k + np.arange(len(row)) - np.repeat(first, counts)
    wide = np.full((len(rows), k + counts.max()), -np.inf, scores.dtype)
    which = np.zeros(wide.shape, np.int64)
    wide[:, :k], which[:, :k] = scores[rows], indices[rows]
    wide[row, place], which[row, place] = passed.scores, passed.columns + start
    best = np.argpartition(wide, -k, axis=1)[:, -k:]
    scores[rows] = np.take_along_axis(wide, best, axis=1)
    indices[rows] = np.take_along_axis(which, best, axis=1)
    least[rows] = scores[rows].min(axis=1)


def distances(
    queries: Rows, points: Rows, which: Int[np.ndarray, "p"], of: Int[np.ndarray, "p"]
) -> Float[np.ndarray, "p"]:
    """Distances of pairs of a query and a point, in float64, the same bits in whatever company."""
    found = np.empty(len(which))
    step = max(1, NUMBERS_AT_ONCE // queries.shape[1])
    for start in range(0, len(which), step):
        part = slice(start, start + step)
        apart = queries[which[part]].astype(np.float64)
        apart -= points[of[part]]
        np.square(apart, out=apart)
        found[part] = np.sqrt(apart.sum(axis=1))
    return found


def _sorted(queries: Rows, points: Rows, indices: Int[np.ndarray, "q k"]) -> Neighbours:
    """Order candidates by their distances, and equal ones by index."""
    q, k = indices.shape
    apart = distances(queries, points, np.repeat(np.arange(q), k), indices.ravel()).reshape(q, k)
    order = np.lexsort((indices, apart), axis=1)
    return Neighbours(
        np.take_along_axis(apart, order, axis=1), np.take_along_axis(indices, order, axis=1)
    )


def _settle(
    found: Neighbours,
    rows: Int[np.ndarray, "r"],
    search: _Search,
    leave_out_self: bool,
    device: str,
) -> None:
    """Find the neighbours of these queries anew: all points as near as their k-th candidate."""
    k = found.indices.shape[1]
    for start in range(0, len(rows), ROWS_SETTLED_AT_ONCE):
        some = rows[start : start + ROWS_SETTLED_AT_ONCE]
        best = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
        queries = search.queries[some]
        radii = np.nextafter(found.distances[some, -1], np.inf)
        for within in in_balls(queries, search.points, radii, device=device):
            centres, points = within.of_centres
            if leave_out_self:
                others = some[centres] != points
                centres, points = centres[others], points[others]
            new = (centres, points, distances(queries, search.points, centres, points))
            joined = [np.concatenate(parts) for parts in zip(*best, new, strict=True)]
            order = np.lexsort((joined[1], joined[2], joined[0]))
            joined = [part[order] for part in joined]
            kept = np.arange(len(order)) - np.searchsorted(joined[0], joined[0]) < k
            best = [tuple(part[kept] for part in joined)]
        found.indices[some] = best[0][1].reshape(len(some), k)
        found.distances[some] = best[0][2].reshape(len(some), k)


def _squares(rows: Rows, what: str) -> Float[np.ndarray, "n"]:
    """Squared norms.

    Raises:
        InputError: a row is not finite.
    """
    found = np.empty(len(rows))
    step = max(1, NUMBERS_AT_ONCE // rows.shape[1])
    for start in range(0, len(rows), step):
        part = rows[start : start + step].astype(np.float64)
        found[start : start + step] = np.einsum("ij,ij->i", part, part)
    finite(found, what)
    return found
