from pathlib import Path

import numpy as np
import pytest
from points import write_points
from sklearn.decomposition import PCA

from synthgap.figures.charts.projection import principal_axes, shown
from synthgap.tables import read_embeddings


def test_the_axes_are_those_of_scikit_learn():
    rng = np.random.default_rng(0)
    points = (rng.normal(size=(500, 12)) * np.arange(1, 13)).astype(np.float32)
    expected = PCA(2, svd_solver="full").fit(points)
    mean, axes, shares = principal_axes(points)
    np.testing.assert_allclose(mean, expected.mean_, atol=1e-5)
    np.testing.assert_allclose(np.abs(axes @ expected.components_.T), np.eye(2), atol=1e-5)
    np.testing.assert_allclose(shares, expected.explained_variance_ratio_, atol=1e-6)
    assert np.all(axes[:, 0] > 0)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "t.parquet"
    write_points(path, "crane", np.random.default_rng(0).normal(size=(70, 3)))
    return path


def test_of_few_classes_the_first_images_are_drawn(table):
    np.testing.assert_array_equal(shown(table, 3, classes=100), read_embeddings(table)[:50])


def test_of_many_classes_some_of_the_first_are_drawn(table, tmp_path):
    first = read_embeddings(table)[:50].tolist()
    drawn = [[first.index(row) for row in shown(table, n, 1000).tolist()] for n in range(100)]
    assert {len(indices) for indices in drawn} == {5}
    assert {index for indices in drawn for index in indices} == set(range(50))
    assert drawn[7] == [first.index(row) for row in shown(table, 7, 1000).tolist()]
    assert len(shown(table, 0, 10**6)) == 1
    # A smaller class loses the indices that it lacks, and gives as many.
    write_points(tmp_path / "few.parquet", "crane", read_embeddings(table)[:20])
    assert len(shown(tmp_path / "few.parquet", 7, 1000)) == 5
