import numpy as np
import pytest

from synthgap.measures.intervals.estimates import bootstrap_counts
from synthgap.measures.intervals.jackknife import replicates, replicates_within_classes


def without(points: np.ndarray) -> np.ndarray:
    """By how much a mean moves when one of its points is left out."""
    n = len(points)
    return (points.mean() - points) / (n - 1)


@pytest.mark.parametrize("n", [2, 5, 60])
def test_of_a_mean_the_spread_is_its_standard_error(n):
    points = np.random.default_rng(0).normal(size=n)
    counts = bootstrap_counts(np.random.default_rng(1), n, 20_000)
    moved = replicates(without(points), counts)
    error = points.std(ddof=1) / np.sqrt(n)
    assert moved.std() == pytest.approx(error, rel=0.02)
    assert moved.mean() == pytest.approx(0, abs=4 * error / np.sqrt(20_000))


def test_an_image_drawn_more_often_pulls_the_mean_to_itself():
    points = np.array([0.0, 0.0, 3.0])
    (moved,) = replicates(without(points), np.array([[0, 0, 3]]))
    # The mean of the draw is 2 above that of all, and sqrt(n/(n - 1)) corrects the variance.
    assert moved == pytest.approx(2 * np.sqrt(3 / 2))


@pytest.mark.parametrize(("classes", "n"), [(1, 8), (4, 2), (3, 30)])
def test_of_a_mean_of_classes_the_spread_is_that_of_a_stratified_sample(classes, n):
    rng = np.random.default_rng(2)
    points = rng.normal(size=(classes, n)) + 10 * np.arange(classes)[:, None]
    moved = replicates_within_classes(
        without(points.ravel()), np.repeat(np.arange(classes), n), rng, 20_000
    )
    error = np.sqrt(np.sum(points.var(axis=1, ddof=1) / n)) / classes
    assert moved.std() == pytest.approx(error, rel=0.02)


def test_classes_of_one_image_do_not_vary():
    rng = np.random.default_rng(3)
    assert not replicates_within_classes(np.arange(3.0), np.arange(3), rng, 5).any()
