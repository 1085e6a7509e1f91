"""Exact nearest neighbours and balls among very many embeddings, in bounded memory.

Points and queries may be memory maps of millions of rows: they are read block by block, and no
matrix of distances is ever whole. Scores are computed in float32 (in float64 where either array is
of float64) and only find candidates. What they cannot tell apart, by the bound on the rounding of
a dot product (N. J. Higham: Accuracy and Stability of Numerical Algorithms, 2002, section 3.1), is
decided by the distance itself, in float64. So duplicates, ties and the edges of balls come out as
in a comparison of exact distances, whatever the sizes of blocks and the order of threads. A search
of points among themselves computes each score once, for both.

Distances are Euclidean. For unit embeddings their order is that of the cosine.
"""

from collections.abc import Iterator
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from tqdm import tqdm

from synthgap.errors import InputError
from synthgap.measures.numerics.checks import same_space
from synthgap.measures.numerics.exact import distances, squared_norms
from synthgap.measures.numerics.products import Passed, products_on
from synthgap.measures.numerics.threads import in_order

Rows = Float[np.ndarray, "n d"]

SPARE = 4
"""Candidates beyond k. With them, rounding hardly ever leaves the k nearest in doubt."""

FIRST_SEEN = 256
"""Points whose k best are the first threshold of a query."""

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
    # Those whose score is too low for the k nearest, whatever its rounding, need no distance.
    lowest = np.partition(candidates.scores, -k, axis=1)[:, -k] - 2 * search.doubt
    possible = candidates.scores >= lowest[:, None]
    apart, indices = _sorted(queries, points, candidates.indices, possible)
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

    A ball is open: a point at the distance of the radius is outside. Only where the radius is 0 it
    is inside, and the ball holds the copies of its centre.

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
    queries: Any
    points: Any
    """What is multiplied, as `products` takes it."""


class _Candidates(NamedTuple):
    """The k points of highest score of each query, in no order."""

    scores: Float[np.ndarray, "q k"]
    indices: Int[np.ndarray, "q k"]
    least: Float[np.ndarray, "q"]
    """The lowest score among them; every point that is no candidate has at most this one."""


class _Search:
    """Queries against points: norms, bounds on rounding, and the loop over blocks and tiles."""

    def __init__(self, queries: Rows, points: Rows, device: str) -> None:
        same_space("queries", queries, "points", points)
        self.queries, self.points = queries, points
        self.products = products_on(device, np.result_type(queries, points, np.float32))
        squares = squared_norms(queries, "queries")
        point_squares = squares if points is queries else squared_norms(points, "points")
        self.half, self.half_points = squares / 2, point_squares / 2
        self.eps = float(np.finfo(self.products.dtype).eps)
        # Of d + 2 terms, each with a rounding of eps/2, of the rounded half norms and thresholds.
        # All terms of a score together are at most (‖q‖ + ‖p‖)²/2.
        bound = (queries.shape[1] + 6) * self.eps / 2
        norms, point_norms = np.sqrt(squares), np.sqrt(point_squares)
        # What underflows, as all does where every point is zero, is no relative error.
        least = (queries.shape[1] + 6) * float(np.finfo(self.products.dtype).tiny)
        self.doubt = bound * (norms + point_norms.max(initial=0)) ** 2 / 2 + least
        self.point_doubt = bound * (point_norms + norms.max(initial=0)) ** 2 / 2 + least

    def tiles(self, upper: bool = False) -> Iterator[list[_Tile]]:
        """All tiles, or those on and above the diagonal; those in a list share their queries."""
        n, q, side = len(self.points), len(self.queries), self.products.tile
        with tqdm(total=n * q, unit="pair", unit_scale=True, delay=5, leave=False) as progress:
            for start in range(0, n, self.products.block):
                part = slice(start, min(start + self.products.block, n))
                block = self.products.points(self.points[part], self.half_points[part])
                for first in range(0, min(q, part.stop) if upper else q, side):
                    rows = slice(first, min(first + side, q))
                    queries = self.products.queries(self.queries[rows], self.half[rows])
                    yield [
                        _Tile(
                            rows,
                            slice(column, min(column + side, part.stop)),
                            queries,
                            block[column - start : column - start + side],
                        )
                        for column in range(start, part.stop, side)
                        if not upper or column >= first
                    ]
                    progress.update((rows.stop - rows.start) * (part.stop - start))

    def threads(self) -> int:
        """One where there is one tile: small searches need no others, nor their start."""
        alone = max(len(self.queries), len(self.points)) <= self.products.tile
        return 1 if alone else self.products.threads

    def candidates(self, k: int, leave_out_self: bool) -> _Candidates:
        """Keep the best k of each query, tile by tile."""
        q = len(self.queries)
        kept = _Candidates(
            np.full((q, k), -np.inf, self.products.dtype),
            np.zeros((q, k), np.int64),
            np.full(q, -np.inf),
        )
        lock = Lock()

        def keep(rows: slice, columns: slice, scores: Any, turned: bool) -> None:
            thresholds = kept.least[rows].copy()
            new = np.isneginf(thresholds)
            seen = scores[:FIRST_SEEN].T if turned else scores[:, :FIRST_SEEN]
            if new.any() and k <= seen.shape[1]:
                # As good as the k-th must pass too.
                first = np.nextafter(
                    self.products.highest(seen, k), -np.inf, dtype=self.products.dtype
                )
                thresholds[new] = first[new]
            passed = self.products.above(
                scores, thresholds[None, :] if turned else thresholds[:, None]
            )
            if turned:
                order = np.argsort(passed.columns, kind="stable")
                passed = Passed(passed.columns[order], passed.rows[order], passed.scores[order])
            with lock:
                _merge(kept, rows, passed, columns.start)

        def work(tiles: list[_Tile]) -> None:
            for tile in tiles:
                scores = self.products.scores(tile.queries, tile.points)
                on_diagonal = leave_out_self and tile.rows == tile.columns
                if on_diagonal:
                    self.products.leave_out(scores)
                keep(tile.rows, tile.columns, scores, turned=False)
                if leave_out_self and not on_diagonal:
                    keep(tile.columns, tile.rows, scores, turned=True)

        for _ in in_order(work, self.tiles(upper=leave_out_self), self.threads()):
            pass
        return kept

    def certain(
        self, apart: Float[np.ndarray, "q"], least: Float[np.ndarray, "q"]
    ) -> Bool[np.ndarray, "q"]:
        """Whether every point that is no candidate is surely farther away than this."""
        found: Bool[np.ndarray, "q"] = apart**2 < -2 * (least + self.doubt)
        return found

    def balls(
        self, radii: Float[np.ndarray, "q"], point_radii: Float[np.ndarray, "n"] | None
    ) -> Iterator[Within]:
        """Pairs of every tile; see `in_balls`."""
        # Less than any distance but 0.
        radii = np.maximum(radii, np.finfo(np.float64).tiny)
        if point_radii is not None:
            point_radii = np.maximum(point_radii, np.finfo(np.float64).tiny)

        def work(tiles: list[_Tile]) -> list[Within]:
            found = []
            for tile in tiles:
                scores = self.products.scores(tile.queries, tile.points)
                own, doubt = radii[tile.rows, None], self.doubt[tile.rows, None]
                of_centres = self._inside(tile, scores, own, doubt)
                of_points = Pairs(*np.zeros((2, 0), np.int64))
                if point_radii is not None:
                    own, doubt = point_radii[None, tile.columns], self.point_doubt[tile.columns]
                    of_points = self._inside(tile, scores, own, doubt)
                found.append(Within(of_centres, of_points))
            return found

        for found in in_order(work, self.tiles(), self.threads()):
            yield from found

    def _inside(
        self,
        tile: _Tile,
        scores: Any,
        radii: Float[np.ndarray, "..."],
        doubt: Float[np.ndarray, "..."],
    ) -> Pairs:
        """Pairs nearer than the radius; where rounding leaves doubt, their distance decides."""
        thresholds, doubt = -(radii**2) / 2, doubt + self.eps * radii**2
        passed = self.products.above(scores, thresholds - doubt)
        shape = tile.rows.stop - tile.rows.start, tile.columns.stop - tile.columns.start
        places = passed.rows, passed.columns
        inside = passed.scores > np.broadcast_to(thresholds + doubt, shape)[places]
        centres, points = passed.rows + tile.rows.start, passed.columns + tile.columns.start
        edge = np.flatnonzero(~inside)
        limits = np.broadcast_to(radii, shape)[places]
        inside[edge] = (
            distances(self.queries, self.points, centres[edge], points[edge]) < limits[edge]
        )
        return Pairs(centres[inside], points[inside])


def _merge(kept: _Candidates, queries: slice, passed: Passed, start: int) -> None:
    """Put what passed, given row by row, among the k best of its query, in place."""
    if not len(passed.rows):
        return
    k = kept.scores.shape[1]
    rows, first, counts = np.unique(passed.rows, return_index=True, return_counts=True)
    row = np.repeat(np.arange(len(rows)), counts)
    place = k + np.arange(len(row)) - np.repeat(first, counts)
    wide = np.full((len(rows), k + counts.max()), -np.inf, kept.scores.dtype)
    which = np.zeros(wide.shape, np.int64)
    rows += queries.start
    wide[:, :k], which[:, :k] = kept.scores[rows], kept.indices[rows]
    wide[row, place], which[row, place] = passed.scores, passed.columns + start
    best = np.argpartition(wide, -k, axis=1)[:, -k:]
    kept.scores[rows] = np.take_along_axis(wide, best, axis=1)
    kept.indices[rows] = np.take_along_axis(which, best, axis=1)
    kept.least[rows] = kept.scores[rows].min(axis=1)


def _sorted(
    queries: Rows,
    points: Rows,
    indices: Int[np.ndarray, "q k"],
    possible: Bool[np.ndarray, "q k"],
) -> Neighbours:
    """Order candidates by their distances, and equal ones by index; impossible ones come last."""
    apart = np.full(indices.shape, np.inf)
    rows = np.nonzero(possible)[0]
    apart[possible] = distances(queries, points, rows, indices[possible])
    order = np.lexsort((indices, apart), axis=1)
    return Neighbours(
        np.take_along_axis(apart, order, axis=1), np.take_along_axis(indices, order, axis=1)
    )


class _Near(NamedTuple):
    """Pairs of a query and a point that may be among its nearest."""

    queries: Int[np.ndarray, "p"]
    points: Int[np.ndarray, "p"]
    distances: Float[np.ndarray, "p"]

    def beside(self, others: "_Near") -> "_Near":
        """These and other pairs."""
        return _Near(*(np.concatenate(parts) for parts in zip(self, others, strict=True)))

    def nearest(self, k: int) -> "_Near":
        """The k nearest points of each query, in order; equal distances are ordered by index."""
        order = np.lexsort((self.points, self.distances, self.queries))
        ordered = _Near(*(column[order] for column in self))
        first_of_query = np.searchsorted(ordered.queries, ordered.queries)
        among_first = np.arange(len(order)) - first_of_query < k
        return _Near(*(column[among_first] for column in ordered))


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
        near = _Near(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
        queries = search.queries[some]
        radii = np.nextafter(found.distances[some, -1], np.inf)
        for within in in_balls(queries, search.points, radii, device=device):
            centres, points = within.of_centres
            if leave_out_self:
                others = some[centres] != points
                centres, points = centres[others], points[others]
            apart = distances(queries, search.points, centres, points)
            near = near.beside(_Near(centres, points, apart)).nearest(k)
        found.indices[some] = near.points.reshape(len(some), k)
        found.distances[some] = near.distances.reshape(len(some), k)
