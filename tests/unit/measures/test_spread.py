import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from points import class_sample, directions, rotation, unit, unit_embeddings

from synthgap.measures.intervals.estimates import interval
from synthgap.measures.spread import (
    COLUMNS,
    centroid_angle,
    centroid_distance,
    of_class,
    of_points,
)


class TestValue:
    def test_is_the_trace_of_numpys_covariance(self):
        points = np.random.default_rng(0).normal(size=(30, 7))
        trace = np.trace(np.cov(points, rowvar=False, bias=True))
        assert of_points(points) == pytest.approx(trace, rel=1e-12)

    def test_is_one_minus_the_squared_norm_of_the_mean_for_unit_embeddings(self):
        points = directions(1, 25, 5, centre=0.5)
        expected = 1 - np.sum(points.mean(axis=0) ** 2)
        assert centroid_distance(points) == pytest.approx(expected, rel=1e-12)

    @pytest.mark.parametrize("d", [2, 3, 8])
    def test_of_points_on_all_axes_is_one_minus_one_over_d(self, d):
        assert centroid_distance(np.eye(d)) == pytest.approx(1 - 1 / d)

    def test_of_antipodal_points_is_one(self):
        points = directions(2, 6, 4)
        assert centroid_distance(np.concatenate([points, -points])) == pytest.approx(1)

    def test_of_one_image_and_of_copies_of_it_is_zero(self):
        point = directions(3, 1, 9)
        assert centroid_distance(point) == 0
        assert centroid_distance(np.repeat(point, 5, axis=0)) == pytest.approx(0, abs=1e-30)

    def test_tends_to_the_trace_of_a_gaussian(self):
        variances = np.array([0.5, 1.0, 2.5])
        n = 200_000
        points = np.random.default_rng(4).normal(size=(n, 3)) * np.sqrt(variances)
        # Standard error of the trace: sqrt(2 * sum of squared variances / n), here 0.009.
        assert of_points(points) == pytest.approx(variances.sum(), abs=0.04)

    def test_expects_n_minus_one_over_n_of_the_population(self):
        rng = np.random.default_rng(5)
        means = [of_points(rng.normal(size=(4, 2))) for _ in range(4000)]
        assert np.mean(means) == pytest.approx(2 * 3 / 4, abs=0.06)

    @given(unit_embeddings())
    def test_lies_between_zero_and_one_for_unit_embeddings(self, points):
        assert -1e-12 <= centroid_distance(points) <= 1 + 1e-12

    @given(unit_embeddings(), st.integers(0, 99))
    def test_does_not_depend_on_order_rotation_or_translation(self, points, seed):
        value = centroid_distance(points)
        rng = np.random.default_rng(seed)
        for other in (
            rng.permutation(points),
            points @ rotation(seed, points.shape[1]),
            points + rng.normal(size=points.shape[1]),
        ):
            assert of_points(other) == pytest.approx(value, abs=1e-9)

    @given(unit_embeddings(), st.integers(2, 4))
    def test_stays_when_every_image_is_repeated(self, points, times):
        repeated = np.tile(points, (times, 1))
        assert centroid_distance(repeated) == pytest.approx(centroid_distance(points), abs=1e-9)

    @given(unit_embeddings(), st.floats(0.01, 100))
    def test_grows_with_the_square_of_scale(self, points, factor):
        expected = factor**2 * centroid_distance(points)
        assert of_points(factor * points) == pytest.approx(expected, rel=1e-6, abs=1e-9)


class TestAngle:
    def test_is_half_of_the_angle_between_two_images(self):
        angle = 0.7
        points = np.array([[1.0, 0.0], [np.cos(angle), np.sin(angle)]])
        assert centroid_angle(points) == pytest.approx(angle / 2)

    def test_is_zero_for_copies_and_a_right_angle_without_a_mean(self):
        assert centroid_angle(np.repeat(np.eye(3)[:1], 4, axis=0)) == 0
        assert centroid_angle(np.array([[1.0, 0.0], [-1.0, 0.0]])) == pytest.approx(np.pi / 2)

    def test_is_the_mean_of_single_angles(self):
        points = directions(6, 12, 4, centre=0.4)
        mean = points.mean(axis=0)
        single = [np.arccos(point @ mean / np.linalg.norm(mean)) for point in points]
        assert centroid_angle(points) == pytest.approx(np.mean(single))

    @given(unit_embeddings())
    def test_lies_between_zero_and_pi(self, points):
        assert 0 <= centroid_angle(points) <= np.pi


class TestOfClass:
    def test_gives_the_three_normalisations_with_one_replicate_a_draw(self):
        points = directions(7, 20, 6, centre=0.3)
        found = of_class(class_sample(points, draws=150))
        assert list(found) == list(COLUMNS)
        assert found["centroid_distance"].value == centroid_distance(points)
        per_dimension = found["centroid_distance_per_dimension"]
        assert per_dimension.value == pytest.approx(centroid_distance(points) / 6)
        assert per_dimension.replicates * 6 == pytest.approx(found["centroid_distance"].replicates)
        assert found["centroid_angle"].value == centroid_angle(points)
        assert {estimate.replicates.shape for estimate in found.values()} == {(150,)}

    def test_replicates_are_the_measure_of_resampled_images_widened(self):
        # Only one of two images can be drawn twice, or both once.
        points = np.array([[1.0, 0.0], [0.0, 1.0]])
        found = of_class(class_sample(points, draws=300))
        for name, mixed in (("centroid_distance", 0.5), ("centroid_angle", np.pi / 4)):
            value, replicates = found[name]
            assert replicates.mean() == pytest.approx(value)
            once = replicates > value
            gap = replicates[once][0] - replicates[~once][0]
            assert gap == pytest.approx(mixed * np.sqrt(2))
            assert np.allclose(replicates, np.where(once, replicates.max(), replicates.min()))
            # Standard error 0.03.
            assert once.mean() == pytest.approx(0.5, abs=0.12)

    def test_replicates_scale_with_the_measure_where_embeddings_are_not_unit(self):
        points = directions(12, 15, 4, centre=0.5)
        one, other = (
            of_class(class_sample(factor * points + factor - 1))["centroid_distance"].replicates
            for factor in (1, 3)
        )
        assert other == pytest.approx(9 * one)

    def test_single_precision_is_summed_in_double(self):
        points = directions(8, 50, 16, centre=3.0)
        found = of_class(class_sample(points.astype(np.float32)))["centroid_distance"]
        assert found.value == pytest.approx(centroid_distance(points), rel=1e-5)

    @given(unit_embeddings())
    def test_intervals_contain_the_estimate(self, points):
        for estimate in of_class(class_sample(points)).values():
            low, high = interval(estimate)
            assert low - 1e-9 <= estimate.value <= high + 1e-9

    def test_two_sources_of_one_size_are_resampled_alike(self):
        points = directions(9, 15, 4)
        turned = points @ rotation(9, 4)
        one, other = (of_class(class_sample(x, points)) for x in (points, turned))
        for name in COLUMNS:
            assert one[name].replicates == pytest.approx(other[name].replicates, abs=1e-9)

    def test_another_class_is_resampled_otherwise(self):
        points = directions(10, 15, 4)
        one, other = (
            of_class(class_sample(points, class_id=name))["centroid_distance"].replicates
            for name in ("crane", "maillot")
        )
        assert not np.allclose(one, other)


def test_intervals_of_small_samples_hold_what_they_promise():
    """Simulated coverage of the 95 % interval for the measure's expectation at this n."""
    n, d, rng = 40, 8, np.random.default_rng(11)
    centre = np.full(d, 0.6)
    population = unit(rng.normal(size=(400_000, d)) + centre)
    expected = (n - 1) / n * centroid_distance(population)
    covered = 0
    for number in range(200):
        points = unit(rng.normal(size=(n, d)) + centre)
        sample = class_sample(points, class_id=str(number), draws=300)
        low, high = interval(of_class(sample)["centroid_distance"])
        covered += low <= expected <= high
    assert 0.90 <= covered / 200 <= 0.985
