import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from points import class_sample, directions, rotation, unit, unit_embeddings
from sklearn.metrics.pairwise import cosine_similarity

from synthgap.errors import InputError
from synthgap.measures import centroid_distance, mean_pairwise_cosine, spread
from synthgap.measures.pairwise_cosine import of_class, of_points


def test_is_the_mean_of_scikit_learns_cosines_of_different_images():
    points = directions(0, 30, 7, 0.5)
    cosines = cosine_similarity(points)[~np.eye(30, dtype=bool)]
    assert mean_pairwise_cosine(points) == pytest.approx(cosines.mean(), abs=1e-14)


def test_of_copies_is_one_and_of_orthogonal_images_zero():
    assert mean_pairwise_cosine(unit(np.ones((5, 3)))) == pytest.approx(1, abs=1e-15)
    assert mean_pairwise_cosine(np.eye(4)) == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("d", [1, 2, 6])
def test_of_the_corners_of_a_simplex_is_as_low_as_it_can_be(d):
    corners = unit(np.eye(d + 1) - 1 / (d + 1))
    assert mean_pairwise_cosine(corners) == pytest.approx(-1 / d, abs=1e-14)


@given(unit_embeddings(), st.integers(0, 99))
def test_is_the_centroid_distance_in_another_unit(points, seed):
    n = len(points)
    value = mean_pairwise_cosine(points)
    assert value == pytest.approx(1 - n / (n - 1) * centroid_distance(points), abs=1e-12)
    assert -1 / (n - 1) - 1e-12 <= value <= 1 + 1e-12
    turned = np.random.default_rng(seed).permutation(points) @ rotation(seed, points.shape[1])
    assert of_points(3.0 * turned) == pytest.approx(value, abs=1e-12)


def test_has_no_bias():
    rng = np.random.default_rng(1)
    few = [mean_pairwise_cosine(unit(rng.normal(size=(3, 4)) + 0.7)) for _ in range(5_000)]
    many = mean_pairwise_cosine(unit(rng.normal(size=(200_000, 4)) + 0.7))
    # Standard error of the first 0.006.
    assert np.mean(few) == pytest.approx(many, abs=0.02)


def test_replicates_are_those_of_the_centroid_distance():
    sample = class_sample(directions(2, 20, 5, 0.4))
    distance = spread.of_class(sample)["centroid_distance"]
    found = of_class(sample)["mean_cosine"]
    assert found.value == pytest.approx(1 - 20 / 19 * distance.value)
    assert found.replicates == pytest.approx(1 - 20 / 19 * distance.replicates)


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (np.ones((1, 3)), "1 embeddings; at least 2"),
        (np.array([[1.0, 0.0], [0.0, 0.0]]), "row 1 is all zeros"),
        (np.array([[1.0, np.nan], [0.0, 1.0]]), "row 0 is not finite"),
        (np.ones(3), "matrix of numbers"),
    ],
)
def test_what_means_nothing_is_refused(points, said):
    with pytest.raises(InputError, match=said):
        mean_pairwise_cosine(points)


def test_half_precision_is_summed_in_double():
    points = directions(3, 400, 16, 2.0).astype(np.float16)
    assert mean_pairwise_cosine(points) == mean_pairwise_cosine(points.astype(np.float64))
