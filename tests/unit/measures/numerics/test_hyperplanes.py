"""Hyperplanes against linear programmes, support vector machines, and Cover's count."""

from math import comb

import numpy as np
import pytest
from points import rotation
from scipy.optimize import linprog
from scipy.stats import binomtest
from sklearn.svm import SVC

from synthgap.measures.numerics.hyperplanes import PRECISION, between


def by_programme(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether a linear programme finds a hyperplane with all points at least 1 from it."""
    d = one.shape[1]
    rows = np.concatenate(
        [np.c_[-one, np.ones(len(one))], np.c_[other, -np.ones(len(other))]],
    )
    free = [(None, None)] * (d + 1)
    return bool(linprog(np.zeros(d + 1), rows, -np.ones(len(rows)), bounds=free).status == 0)


def two_sets(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Few points of few dimensions: on a grid, Gaussian, or with copies on one plane."""
    rng = np.random.default_rng(seed)
    d, n, m = rng.integers(1, 8), *rng.integers(1, 14, size=2)
    if seed % 3 == 0:
        points = rng.integers(-2, 3, size=(n + m, d)).astype(float)
    elif seed % 3 == 1:
        points = rng.normal(size=(n + m, d))
    else:
        points = rng.normal(size=(n + m, 2)) @ rng.normal(size=(2, d))
        points = points[rng.integers(0, n + m, n + m)]
    return points[:n], points[n:]


def shares_by_cover(points: int, d: int) -> float:
    """Share of all partitions of points in general position that a hyperplane tells apart."""
    # With a constant the hyperplane passes through the origin of d + 1 dimensions.
    return 2 * sum(comb(points - 1, k) for k in range(d + 1)) / 2**points


def gaussians(n: int, m: int, d: int, apart: float, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    step = apart * np.eye(1, d)[0]
    return [rng.normal(size=(n, d)) + step, rng.normal(size=(m, d)) - step]


def test_says_what_a_linear_programme_says():
    said = [(between(*two_sets(s)) is not None, by_programme(*two_sets(s))) for s in range(600)]
    assert all(ours == theirs for ours, theirs in said)
    assert 100 < sum(ours for ours, _ in said) < 500


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    ("n", "m", "d", "apart"), [(40, 30, 4, 3.0), (300, 20, 30, 1.5), (25, 25, 60, 0.0)]
)
def test_margin_is_that_of_a_hard_support_vector_machine(n, m, d, apart, seed):
    one, other = gaussians(n, m, d, apart, seed)
    found = between(one, other)
    assert found is not None
    sides = np.repeat([1, -1], [n, m])
    machine = SVC(kernel="linear", C=1e10, tol=1e-10).fit(np.concatenate([one, other]), sides)
    length = np.linalg.norm(machine.coef_)
    assert found.margin == pytest.approx(1 / length, rel=1e-3)
    assert found.normal == pytest.approx(machine.coef_[0] / length, abs=0.01)
    assert found.offset == pytest.approx(-machine.intercept_[0] / length, abs=0.01)


def test_a_hyperplane_is_its_own_proof():
    for seed in range(200):
        one, other = two_sets(seed)
        found = between(one, other)
        if found is None:
            continue
        nearest = min(
            (one @ found.normal - found.offset).min(), (found.offset - other @ found.normal).min()
        )
        assert np.linalg.norm(found.normal) == pytest.approx(1)
        assert nearest == pytest.approx(found.margin, abs=1e-9)
        assert (1 - PRECISION) * found.most <= found.margin <= found.most * (1 + 1e-9)


@pytest.mark.parametrize("apart", [1.9, 2.4, 6.0])
def test_of_many_points_none_is_overlooked(apart):
    # In six dimensions 25 points are looked at first; outliers among thousands decide.
    one, other = gaussians(4000, 700, 6, apart)
    found = between(one, other)
    assert (found is not None) == by_programme(one, other)
    if found is not None:
        assert (one @ found.normal).min() > (other @ found.normal).max()
        sides = np.repeat([1, -1], [4000, 700])
        machine = SVC(kernel="linear", C=1e10).fit(np.concatenate([one, other]), sides)
        assert found.margin == pytest.approx(1 / np.linalg.norm(machine.coef_), rel=1e-3)


def test_one_point_amid_the_others_ends_it():
    one, other = gaussians(2000, 500, 10, 8.0)
    assert between(one, other) is not None
    assert between(one, np.concatenate([other, one.mean(axis=0)[None]])) is None


def test_any_hyperplane_is_one():
    for seed in range(60):
        one, other = two_sets(seed)
        found = between(one, other, any_will_do=True)
        assert (found is None) == (between(one, other) is None)
        if found is not None:
            assert (one @ found.normal).min() > (other @ found.normal).max()


def test_place_size_and_rotation_change_nothing_but_the_scale():
    one, other = gaussians(30, 20, 5, 3.0)
    turn, move = rotation(0, 5), np.arange(5) * 100.0
    found = between(one, other)
    moved = between(1e-3 * one @ turn + move, 1e-3 * other @ turn + move)
    assert found is not None
    assert moved is not None
    assert moved.margin == pytest.approx(1e-3 * found.margin, rel=1e-6)
    assert moved.normal == pytest.approx(found.normal @ turn, abs=1e-5)


def test_hulls_that_touch_have_no_hyperplane_between_them():
    corner = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert between(corner, np.array([[0.5, 0.5]])) is None
    assert between(corner, corner[:1]) is None
    assert between(np.zeros((3, 2)), np.zeros((2, 2))) is None
    found = between(corner, np.array([[0.51, 0.51]]))
    assert found is not None
    assert found.margin == pytest.approx(0.01 / np.sqrt(2))


@pytest.mark.parametrize("points", [9, 15, 18, 22, 30])
def test_random_partitions_are_separable_as_often_as_cover_counts(points):
    d, tries = 8, 400
    rng = np.random.default_rng(points)
    hits = 0
    for _ in range(tries):
        cloud, first = rng.normal(size=(points, d)), rng.random(points) < 0.5
        # All on one side is a partition too, which Cover counts as separable.
        hits += bool(first.all() or not first.any()) or (
            between(cloud[first], cloud[~first], any_will_do=True) is not None
        )
    expected = shares_by_cover(points, d)
    assert binomtest(hits, tries, expected).pvalue > 0.01
    assert points > d + 1 or hits == tries


def test_cover_gives_one_half_at_twice_as_many_points():
    assert shares_by_cover(18, 8) == 0.5
    assert shares_by_cover(9, 8) == 1
