import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from points import class_sample, directions, rotation, unit_embeddings

from synthgap.measures.intervals.estimates import interval
from synthgap.measures.shift import COLUMNS, centroid_shift, of_class


class TestValue:
    def test_is_the_distance_and_the_cosine_of_the_means(self):
        a, b = directions(0, 12, 5), directions(1, 9, 5, centre=0.5)
        shift, cosine = centroid_shift(a, b)
        mean_a, mean_b = np.mean(a, axis=0), np.mean(b, axis=0)
        assert shift == pytest.approx(np.sqrt(np.sum((mean_a - mean_b) ** 2)))
        expected = mean_a @ mean_b / np.sqrt((mean_a @ mean_a) * (mean_b @ mean_b))
        assert cosine == pytest.approx(expected)

    def test_of_a_set_with_itself_is_none(self):
        points = directions(2, 10, 4)
        shift, cosine = centroid_shift(points, points)
        assert shift == 0
        assert cosine == pytest.approx(1)

    def test_of_opposite_images_is_two(self):
        points = np.repeat(np.eye(3)[:1], 4, axis=0)
        assert centroid_shift(points, -points) == (2.0, -1.0)

    def test_has_no_cosine_where_a_mean_is_zero(self):
        antipodal = np.array([[1.0, 0.0], [-1.0, 0.0]])
        assert centroid_shift(antipodal, np.array([[0.0, 1.0]])) == (1.0, 0.0)

    @given(unit_embeddings(), st.integers(0, 99))
    def test_does_not_depend_on_order_rotation_or_which_comes_first(self, points, seed):
        half = len(points) // 2
        a, b = points[:half], points[half:]
        shift, cosine = centroid_shift(a, b)
        turn = rotation(seed, points.shape[1])
        order = np.random.default_rng(seed).permutation
        for x, y in ((order(a), order(b)), (a @ turn, b @ turn), (b, a)):
            other = centroid_shift(x, y)
            assert other[0] == pytest.approx(shift, abs=1e-9)
            # A mean of next to nothing has no direction to speak of.
            if min(np.linalg.norm(a.mean(axis=0)), np.linalg.norm(b.mean(axis=0))) > 1e-6:
                assert other[1] == pytest.approx(cosine, abs=1e-6)

    @given(unit_embeddings())
    def test_stays_within_the_unit_ball(self, points):
        half = len(points) // 2
        shift, cosine = centroid_shift(points[:half], points[half:])
        assert 0 <= shift <= 2 + 1e-12
        assert -1 - 1e-12 <= cosine <= 1 + 1e-12


class TestOfClass:
    def test_of_one_distribution_is_its_baseline(self):
        ratios = []
        for seed in range(20):
            images, natural = directions(seed, 40, 8, 0.4), directions(100 + seed, 40, 8, 0.4)
            found = of_class(class_sample(images, natural))
            ratios.append(found["centroid_shift"].value / found["centroid_shift_baseline"].value)
        assert np.mean(ratios) == pytest.approx(1, abs=0.1)

    def test_baseline_is_what_two_halves_of_that_size_differ_by(self):
        # Halves of m standard normals in d dimensions differ by a normal of variance 2/m.
        d, n = 50, 400
        natural = np.random.default_rng(3).normal(size=(n, d))
        found = of_class(class_sample(natural, draws=300))["centroid_shift_baseline"]
        assert found.value == pytest.approx(np.sqrt(d * 2 / (n / 2)), rel=0.1)

    def test_with_a_known_displacement_stands_out_from_the_baseline(self):
        rng = np.random.default_rng(4)
        natural = rng.normal(size=(200, 10)) * 0.1
        step = np.array([3.0, 4.0] + [0.0] * 8)
        found = of_class(class_sample(rng.normal(size=(200, 10)) * 0.1 + step, natural))
        assert found["centroid_shift"].value == pytest.approx(5, rel=0.02)
        assert found["centroid_shift_baseline"].value < 0.1
        low, high = interval(found["centroid_shift"])
        assert low > interval(found["centroid_shift_baseline"]).high
        assert high - low < 0.2

    def test_of_natural_train_itself_is_the_baseline_exactly(self):
        found = of_class(class_sample(directions(5, 30, 6, 0.3)))
        shift, baseline = found["centroid_shift"], found["centroid_shift_baseline"]
        assert shift.value == baseline.value > 0
        assert np.array_equal(shift.replicates, baseline.replicates)

    def test_baseline_is_the_same_in_every_source(self):
        natural = directions(6, 30, 6)
        baselines = [
            of_class(class_sample(directions(seed, 30, 6), natural))["centroid_shift_baseline"]
            for seed in (7, 8)
        ] + [of_class(class_sample(natural))["centroid_shift_baseline"]]
        for other in baselines[1:]:
            assert np.array_equal(baselines[0].replicates, other.replicates)

    def test_two_sources_of_one_size_are_halved_alike(self):
        natural, images = directions(9, 20, 5), directions(10, 20, 5, centre=0.2)
        turn = rotation(11, 5)
        one = of_class(class_sample(images, natural))["centroid_shift"]
        other = of_class(class_sample(images @ turn, natural @ turn))["centroid_shift"]
        assert one.replicates == pytest.approx(other.replicates, abs=1e-9)

    def test_every_draw_halves_the_images(self):
        # One image far out: it is in half of the halves, and the mean moves by 1/half of it.
        images, natural = np.zeros((8, 3)), np.zeros((8, 3))
        images[0, 0] = 4.0
        replicates = of_class(class_sample(images, natural, draws=400))["centroid_shift"].replicates
        assert set(replicates.tolist()) == {0.0, 1.0}
        assert replicates.mean() == pytest.approx(0.5, abs=0.12)

    @pytest.mark.parametrize("sizes", [(4, 9), (9, 4), (5, 5)])
    def test_sets_of_different_size_are_compared_at_half_of_the_smaller(self, sizes):
        images, natural = (np.zeros((size, 2)) for size in sizes)
        images[0, 0] = 2.0
        replicates = of_class(class_sample(images, natural))["centroid_shift"].replicates
        assert set(replicates.tolist()) == {0.0, 1.0}

    def test_one_image_is_refused(self):
        with pytest.raises(ValueError, match="class crane: centroid shift needs at least two"):
            of_class(class_sample(np.eye(2)[:1], np.eye(2)))

    @given(unit_embeddings())
    def test_intervals_contain_the_estimate(self, points):
        found = of_class(class_sample(points, -points[::-1]))
        assert list(found) == list(COLUMNS)
        for estimate in found.values():
            low, high = interval(estimate)
            assert low - 1e-9 <= estimate.value <= high + 1e-9
