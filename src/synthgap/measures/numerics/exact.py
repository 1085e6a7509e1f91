"""Norms and distances in double precision, of rows that may be memory maps, a few at a time."""

import numpy as np
from jaxtyping import Float, Int

from synthgap.measures.numerics.checks import finite
from synthgap.measures.numerics.threads import in_order, of_blas

Rows = Float[np.ndarray, "n d"]

NUMBERS_AT_ONCE = 2**17
"""Of float64 in a temporary array, which thus stays in the cache."""

PARTS_FOR_THREADS = 64
"""More parts of so many numbers are worth the start of threads."""


def distances(
    queries: Rows, points: Rows, which: Int[np.ndarray, "p"], of: Int[np.ndarray, "p"]
) -> Float[np.ndarray, "p"]:
    """Distances of pairs of a query and a point, in float64, the same bits in whatever company."""
    found = np.empty(len(which))
    step = max(1, NUMBERS_AT_ONCE // queries.shape[1])

    def measure(start: int) -> None:
        part = slice(start, start + step)
        apart = queries[which[part]].astype(np.float64)
        apart -= points[of[part]]
        np.square(apart, out=apart)
        found[part] = np.sqrt(apart.sum(axis=1))

    # Where this is called from a thread, BLAS is left with one, and so is this.
    threads = of_blas() if len(which) > PARTS_FOR_THREADS * step else 1
    for _ in in_order(measure, range(0, len(which), step), threads):
        pass
    return found


def squared_norms(rows: Rows, what: str) -> Float[np.ndarray, "n"]:
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
