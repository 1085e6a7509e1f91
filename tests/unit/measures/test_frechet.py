from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from points import class_sample, directions, pool_sample, rotation, unit, unit_embeddings
from scipy.linalg import sqrtm
from simulated_coverage import coverage
from torch_fidelity.metric_fid import KEY_METRIC_FID, fid_statistics_to_metric
from torchmetrics.image.fid import _compute_fid

from synthgap.errors import InputError
from synthgap.measures import frechet, frechet_distance
from synthgap.measures.intervals.estimates import Estimate, interval
from synthgap.measures.numerics import blocks


def statistics(points: np.ndarray) -> dict[str, np.ndarray]:
    return {"mu": points.mean(axis=0), "sigma": np.cov(points, rowvar=False)}


def exactly(mean: np.ndarray, root: np.ndarray, n: int, seed: int = 0) -> np.ndarray:
    """n points with exactly this mean and the covariance root·rootᵀ."""
    raw = np.random.default_rng(seed).normal(size=(n, len(mean)))
    raw -= raw.mean(axis=0)
    white = np.linalg.qr(raw)[0] * np.sqrt(n - 1)
    return white @ root.T + mean


class TestValue:
    @pytest.mark.parametrize(
        ("n", "m", "d", "tolerance"),
        [(60, 45, 8, 1e-10), (300, 200, 64, 1e-10), (30, 20, 40, 1e-6)],
    )
    def test_is_that_of_torch_fidelity_and_torchmetrics(self, n, m, d, tolerance):
        # With fewer images than dimensions they take roots of eigenvalues that are rounding.
        rng = np.random.default_rng(0)
        one = rng.normal(size=(n, d)) * np.linspace(0.5, 2, d)
        other = rng.normal(size=(m, d)) + 0.3
        value = frechet.of_points(one, other)
        a, b = statistics(one), statistics(other)
        fidelity = fid_statistics_to_metric(a, b, verbose=False)[KEY_METRIC_FID]
        assert value == pytest.approx(fidelity, rel=tolerance)
        tensors = [torch.from_numpy(x) for x in (a["mu"], a["sigma"], b["mu"], b["sigma"])]
        assert value == pytest.approx(float(_compute_fid(*tensors)), rel=tolerance)

    def test_is_the_formula_with_scipys_matrix_root(self):
        one, other = directions(1, 80, 6, 0.4), directions(2, 50, 6, 0.9)
        a, b = statistics(one), statistics(other)
        root = np.real(sqrtm(a["sigma"] @ b["sigma"]))
        formula = np.sum((a["mu"] - b["mu"]) ** 2) + np.trace(a["sigma"] + b["sigma"] - 2 * root)
        assert frechet_distance(one, other) == pytest.approx(formula, rel=1e-9)

    def test_of_commuting_covariances_has_a_closed_form(self):
        # ‖m₁ - m₂‖² and the squared differences of the standard deviations on common axes.
        turn = rotation(3, 4)
        one, other = np.array([1.0, 2.0, 0.5, 0.0]), np.array([3.0, 2.0, 0.1, 1.0])
        step = np.array([1.0, -2.0, 0.0, 2.0])
        a = exactly(np.zeros(4), turn @ np.diag(one), 50, seed=1)
        b = exactly(step, turn @ np.diag(other), 30, seed=2)
        expected = 9 + np.sum((one - other) ** 2)
        assert frechet.of_points(a, b) == pytest.approx(expected, rel=1e-9)

    def test_of_one_covariance_is_the_distance_of_means(self):
        points = directions(4, 30, 5)
        step = np.array([3.0, 4.0, 0.0, 0.0, 0.0])
        assert frechet.of_points(points, points + step) == pytest.approx(25, rel=1e-10)

    def test_of_copies_of_one_image_is_the_distance_to_it(self):
        copies = np.ones((4, 3))
        assert frechet.of_points(copies, copies) == 0
        assert frechet.of_points(copies, 2 * copies) == pytest.approx(3)
        spread = np.array([[0.0], [2.0]])
        assert frechet.of_points(spread, np.ones((2, 1))) == pytest.approx(2)

    @given(unit_embeddings(least=4), st.integers(0, 99))
    def test_is_a_distance_whatever_order_rotation_and_translation(self, points, seed):
        half = len(points) // 2
        a, b = points[:half], points[half:]
        rng = np.random.default_rng(seed)
        value = frechet_distance(a, b)
        apart = np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2)
        assert value >= apart - 1e-9
        turn, step = rotation(seed, a.shape[1]), rng.normal(size=a.shape[1])
        assert frechet_distance(b, a) == pytest.approx(value, abs=1e-7)
        assert frechet_distance(rng.permutation(a), b) == pytest.approx(value, abs=1e-7)
        assert frechet.of_points(a @ turn + step, b @ turn + step) == pytest.approx(value, abs=1e-6)
        assert frechet_distance(a, a) == pytest.approx(0, abs=1e-7)

    def test_of_one_distribution_is_mostly_bias_below_d(self):
        d = 64
        small, large = (
            frechet_distance(directions(seed, n, d), directions(seed + 1, n, d))
            for seed, n in ((5, 40), (7, 20_000))
        )
        # The total variance of points on a sphere is 1.
        assert small > 0.5
        assert large < 0.02

    @pytest.mark.parametrize(("n", "d"), [(60, 6), (9, 20)])
    def test_blocks_and_the_device_change_nothing(self, monkeypatch, n, d):
        a, b = directions(9, n, d, 0.2), directions(10, n, d, 0.5)
        value = frechet_distance(a, b)
        # torch's name of the CPU takes the way of a GPU.
        assert frechet_distance(a, b, device="cpu:0") == pytest.approx(value, rel=1e-9)
        monkeypatch.setattr(blocks, "BLOCK_BYTES", 7 * 8 * d)
        assert frechet_distance(a, b) == pytest.approx(value, rel=1e-9)

    def test_half_precision_is_summed_in_double(self):
        a, b = (directions(seed, 90, 8, 0.5).astype(np.float16) for seed in (11, 12))
        assert frechet_distance(a, b) == frechet_distance(a.astype(float), b.astype(float))

    @pytest.mark.parametrize(
        ("one", "other", "said"),
        [
            (np.ones((1, 2)), np.eye(2), "images: 1 embeddings; at least 2"),
            (np.eye(2), np.ones((1, 2)), "natural: 1 embeddings; at least 2"),
            (np.eye(2), np.eye(3), "2 dimensions, but natural have 3"),
            (np.eye(2), np.array([[0.0, 1.0], [np.nan, 0.0]]), "natural: row 1 is not finite"),
        ],
    )
    def test_what_means_nothing_is_refused(self, one, other, said):
        with pytest.raises(InputError, match=said):
            frechet_distance(one, other)


@pytest.mark.parametrize(("n", "m", "d"), [(30, 20, 4), (7, 9, 25), (3, 12, 6)])
def test_changes_are_the_distances_without_one_image(n, m, d):
    a, b = directions(13, n, d, 0.3), directions(14, m, d, 0.6)
    found = frechet._both(a, b)
    assert found.value == pytest.approx(frechet_distance(a, b))
    without = [frechet_distance(np.delete(a, i, axis=0), b) for i in range(n)]
    assert found.value + found.images == pytest.approx(np.array(without), rel=1e-6)
    without = [frechet_distance(a, np.delete(b, i, axis=0)) for i in range(m)]
    assert found.value + found.natural == pytest.approx(np.array(without), rel=1e-6)


class TestOfClass:
    def test_natural_train_has_no_distance_to_itself(self):
        assert frechet.of_class(class_sample(directions(15, 20, 4))) == {}
        assert frechet.of_pool(pool_sample(directions(15, 20, 4), 2)) == {}

    def test_two_images_have_no_interval(self):
        assert frechet.of_class(class_sample(directions(16, 2, 4), directions(17, 2, 4))) == {}

    def test_copies_of_one_image_have_an_empty_interval(self):
        sample = class_sample(np.ones((5, 3)), 2 * np.ones((5, 3)))
        found = frechet.of_class(sample)["frechet_distance"]
        assert interval(found) == pytest.approx((3, 3))

    def test_differences_of_sources_are_paired(self):
        # The same images elsewhere: what resampling does to both cancels.
        images, natural = directions(18, 40, 6, 0.4), directions(19, 40, 6, 0.4)
        step = 0.2 * np.eye(6)[0]
        one, other = (
            frechet.of_class(class_sample(x, natural))["frechet_distance"]
            for x in (images, images + step)
        )
        apart = np.hypot(np.std(one.replicates), np.std(other.replicates))
        assert np.std(other.replicates - one.replicates) < 0.6 * apart


def truth_and_coverage(
    images: Callable[[np.random.Generator], np.ndarray],
    natural: Callable[[np.random.Generator], np.ndarray],
    repetitions: int,
) -> float:
    """Coverage of the distance's expectation at this n, which is the mean of other samples."""
    rng = np.random.default_rng(20)
    truth = np.mean([frechet_distance(images(rng), natural(rng)) for _ in range(2 * repetitions)])

    def estimate(rng: np.random.Generator) -> Estimate:
        name = str(rng.integers(2**40))
        sample = class_sample(images(rng), natural(rng), class_id=name)
        return frechet.of_class(sample)["frechet_distance"]

    return coverage(estimate, truth, repetitions)


class TestIntervals:
    def test_cover_a_difference(self):
        n, d = 50, 8
        step = 0.5 * np.eye(d)[3]
        covered = truth_and_coverage(
            lambda rng: unit(0.7 * rng.normal(size=(n, d)) + 0.9 + step),
            lambda rng: unit(rng.normal(size=(n, d)) + 0.9),
            1000,
        )
        assert 0.93 <= covered <= 0.97

    def test_are_too_wide_and_not_too_narrow_below_d_and_for_equal_distributions(self):
        n, d = 30, 40
        # Decaying variances, as embeddings have them.
        scales = np.arange(1, d + 1) ** -0.5

        def natural(rng: np.random.Generator) -> np.ndarray:
            return unit((rng.normal(size=(n, d)) + 0.3) * scales)

        def images(rng: np.random.Generator) -> np.ndarray:
            return unit((0.7 * rng.normal(size=(n, d)) + 0.5) * scales)

        assert truth_and_coverage(images, natural, 300) >= 0.95
        assert truth_and_coverage(natural, natural, 300) > 0.97

    def test_of_all_classes_together_cover_with_classes_of_a_fixed_size(self):
        n, d, classes = 15, 8, 3
        centres = np.random.default_rng(22).normal(size=(classes, d))

        def draw(rng: np.random.Generator, scale: float) -> np.ndarray:
            return unit(scale * rng.normal(size=(classes * n, d)) + np.repeat(centres, n, axis=0))

        rng = np.random.default_rng(23)
        truth = np.mean([frechet_distance(draw(rng, 0.4), draw(rng, 1)) for _ in range(2000)])

        def estimate(rng: np.random.Generator) -> Estimate:
            sample = pool_sample(draw(rng, 0.4), classes, draw(rng, 1))
            return frechet.of_pool(sample)["pooled_frechet_distance"]

        assert 0.93 <= coverage(estimate, truth) <= 0.97
