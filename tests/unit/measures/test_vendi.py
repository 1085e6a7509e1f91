import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from points import class_sample, directions, pool_sample, rotation, unit, unit_embeddings
from simulated_coverage import coverage
from vendi_score import vendi as published

from synthgap.errors import InputError
from synthgap.measures import vendi_score
from synthgap.measures.intervals.estimates import Estimate
from synthgap.measures.numerics import blocks, single_precision
from synthgap.measures.numerics.blocks import Rows, principal_axes
from synthgap.measures.vendi import of_class, of_points, of_pool, without_one_each


class TestValue:
    @pytest.mark.parametrize(("n", "d"), [(40, 7), (12, 30), (20, 20)])
    def test_is_that_of_the_authors_both_ways(self, n, d):
        points = directions(0, n, d, 0.3)
        assert vendi_score(points) == pytest.approx(published.score_X(points), rel=1e-10)
        assert vendi_score(points) == pytest.approx(published.score_dual(points), rel=1e-10)

    @pytest.mark.parametrize("copies", [1, 5])
    def test_counts_orthogonal_images(self, copies):
        points = np.tile(np.eye(6), (copies, 1))
        assert vendi_score(points) == pytest.approx(6, rel=1e-12)

    def test_of_two_images_has_a_closed_form(self):
        cosine = 0.3
        points = np.array([[1.0, 0.0], [cosine, np.sqrt(1 - cosine**2)]])
        p = np.array([1 + cosine, 1 - cosine]) / 2
        assert vendi_score(points) == pytest.approx(np.exp(-np.sum(p * np.log(p))), rel=1e-12)

    def test_of_unequal_groups_is_the_exponential_of_their_entropy(self):
        points = np.repeat(np.eye(5)[:3], [5, 3, 2], axis=0)
        p = np.array([0.5, 0.3, 0.2])
        assert vendi_score(points) == pytest.approx(np.exp(-np.sum(p * np.log(p))), rel=1e-12)

    def test_of_one_image_is_one(self):
        assert vendi_score([[0.6, 0.8]]) == pytest.approx(1)

    @given(unit_embeddings(), st.integers(0, 99))
    def test_lies_between_one_and_rank_whatever_order_rotation_and_scale(self, points, seed):
        value = vendi_score(points)
        assert 1 - 1e-9 <= value <= min(points.shape) + 1e-9
        turned = np.random.default_rng(seed).permutation(points) @ rotation(seed, points.shape[1])
        scales = np.random.default_rng(seed).uniform(0.1, 10, size=(len(points), 1))
        assert of_points(scales * turned) == pytest.approx(value, rel=1e-8)

    @given(unit_embeddings(), st.integers(2, 3))
    def test_stays_when_every_image_is_repeated(self, points, times):
        repeated = np.tile(points, (times, 1))
        assert vendi_score(repeated) == pytest.approx(vendi_score(points), rel=1e-8)

    @pytest.mark.parametrize(("n", "d"), [(50, 6), (9, 20)])
    def test_blocks_and_the_device_change_nothing(self, monkeypatch, n, d):
        points = directions(1, n, d, 0.2)
        value = vendi_score(points)
        # torch's name of the CPU takes the way of a GPU.
        assert vendi_score(points, device="cpu:0") == pytest.approx(value, rel=1e-12)
        monkeypatch.setattr(blocks, "BLOCK_BYTES", 7 * 8 * d)
        assert len(list(Rows(points).blocks())) > 1
        assert vendi_score(points) == pytest.approx(value, rel=1e-12)

    def test_takes_half_precision_and_memory_maps(self, tmp_path):
        points = directions(2, 300, 8).astype(np.float16)
        value = vendi_score(points.astype(np.float64))
        assert vendi_score(points) == value
        file = np.memmap(tmp_path / "points", np.float16, "w+", shape=points.shape)
        file[:] = points
        assert vendi_score(file) == value

    @pytest.mark.parametrize(
        ("points", "said"),
        [
            (np.ones((0, 3)), "0 embeddings"),
            (np.zeros((2, 3)), "row 0 is all zeros"),
            (np.array([[1.0, 0.0], [np.inf, 0.0]]), "row 1 is not finite"),
        ],
    )
    def test_what_means_nothing_is_refused(self, points, said):
        with pytest.raises(InputError, match=said):
            vendi_score(points)


class TestSinglePrecision:
    """Where it is taken, it errs by less than a hundred-thousandth."""

    @given(
        st.integers(2, 40),
        st.integers(1, 30),
        st.floats(0, 3),
        st.floats(0, 30),
        st.integers(0, 2**32 - 1),
    )
    def test_is_that_of_double_precision(self, d, times, slope, centre, seed):
        rng = np.random.default_rng(seed)
        points = rng.normal(size=(d * times, d)) * np.arange(1, d + 1) ** -slope
        points = unit(points + centre * np.eye(d)[rng.integers(d)]).astype(np.float32)
        assert vendi_score(points) == pytest.approx(vendi_score(points.astype(float)), rel=1e-5)

    @pytest.mark.parametrize("slope", [0, 0.5])
    def test_is_that_of_the_authors_for_many_images(self, slope):
        points = directions(7, 3000, 256, 0.1) * np.arange(1, 257) ** -slope
        points = unit(points).astype(np.float32)
        found = single_precision.eigenvalues(points)
        assert found is not None
        exact = published.score_dual(points.astype(np.float64))
        assert vendi_score(points) == pytest.approx(exact, rel=2e-6)
        assert vendi_score(points) != vendi_score(points.astype(np.float64))

    @pytest.mark.parametrize(
        "points",
        [
            np.tile(directions(8, 1, 64), (500, 1)),
            directions(8, 500, 9) @ rotation(8, 64)[:9],
            unit(directions(8, 500, 64) + 1e4 * np.eye(64)[0]),
        ],
        ids=["copies", "a subspace", "nearly copies"],
    )
    def test_is_left_where_images_span_too_little(self, points):
        points = points.astype(np.float32)
        assert single_precision.eigenvalues(points) is None
        exact = vendi_score(points.astype(np.float64))
        assert vendi_score(points) == exact

    def test_adds_up_parts(self, monkeypatch):
        points = directions(9, 500, 8).astype(np.float32)
        whole = vendi_score(points)
        monkeypatch.setattr(single_precision, "ROWS_AT_ONCE", 7)
        assert vendi_score(points) == pytest.approx(whole, rel=1e-6)


class TestWithoutOneEach:
    @pytest.mark.parametrize(("n", "d"), [(30, 4), (8, 40), (12, 12), (2, 3)])
    def test_is_the_score_of_the_others(self, n, d):
        points = directions(3, n, d, 0.3)
        rows = Rows(points, unit=True)
        changes = without_one_each(rows, principal_axes(rows, n))
        without = [vendi_score(np.delete(points, i, axis=0)) for i in range(n)]
        assert vendi_score(points) + changes == pytest.approx(np.array(without), rel=1e-7)

    def test_of_copies_and_of_orthogonal_images(self):
        for points, without in ((np.eye(1, 2).repeat(5, axis=0), 1), (np.eye(5), 4)):
            rows = Rows(points, unit=True)
            changes = without_one_each(rows, principal_axes(rows, 5))
            assert vendi_score(points) + changes == pytest.approx(np.full(5, without), abs=1e-6)


class TestIntervals:
    @pytest.mark.parametrize(("n", "d"), [(40, 48), (50, 5)])
    def test_cover_the_expectation_at_this_n(self, n, d):
        scales = np.arange(1, d + 1) ** -0.5

        def points(rng: np.random.Generator) -> np.ndarray:
            return unit((rng.normal(size=(n, d)) + 0.2) * scales)

        rng = np.random.default_rng(4)
        truth = np.mean([vendi_score(points(rng)) for _ in range(3000)])

        def estimate(rng: np.random.Generator) -> Estimate:
            name = str(rng.integers(2**40))
            return of_class(class_sample(points(rng), class_id=name))["vendi_score"]

        assert 0.93 <= coverage(estimate, truth) <= 0.97

    def test_of_all_classes_together_cover_with_classes_of_a_fixed_size(self):
        n, d, classes = 12, 16, 4
        centres = 2 * np.random.default_rng(5).normal(size=(classes, d))

        def sample(rng: np.random.Generator) -> np.ndarray:
            return unit(rng.normal(size=(classes * n, d)) + np.repeat(centres, n, axis=0))

        rng = np.random.default_rng(6)
        truth = np.mean([vendi_score(sample(rng)) for _ in range(3000)])

        def estimate(rng: np.random.Generator) -> Estimate:
            return of_pool(pool_sample(sample(rng), classes))["pooled_vendi_score"]

        assert 0.93 <= coverage(estimate, truth) <= 0.97
