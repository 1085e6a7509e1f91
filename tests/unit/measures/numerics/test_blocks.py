import numpy as np
import pytest
from points import directions

from synthgap.measures.numerics.blocks import Rows, principal_axes, principal_values


@pytest.mark.parametrize(("n", "d", "rank"), [(40, 7, 7), (12, 30, 12), (40, 9, 4)])
def test_values_alone_are_those_with_vectors(n, d, rank):
    """Also where a part of the space is empty."""
    points = directions(0, n, rank, 0.3) @ np.eye(rank, d)
    rows = Rows(points, unit=True)
    values = principal_values(rows, n)
    assert len(values) == rank
    assert np.sort(values) == pytest.approx(np.sort(principal_axes(rows, n).eigenvalues), abs=1e-14)
    covariances = np.linalg.svd(points, compute_uv=False)[:rank] ** 2 / n
    assert np.sort(values) == pytest.approx(np.sort(covariances), abs=1e-14)
