import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from points import class_sample, directions, pool_sample, rotation, unit, unit_embeddings
from simulated_coverage import coverage
from sklearn.metrics.pairwise import rbf_kernel

from synthgap.errors import InputError
from synthgap.measures import cmmd, mmd
from synthgap.measures.intervals.estimates import Estimate
from synthgap.measures.numerics import blocks

GAMMA = 1 / (2 * 10**2)


def by_scikit_learn(one: np.ndarray, other: np.ndarray, biased: bool) -> float:
    """Scikit-learn's kernel on all pairs; unbiased without the diagonals."""
    within = []
    for points in (one, other):
        kernel = rbf_kernel(points, points, GAMMA)
        pairs = np.ones_like(kernel, bool) if biased else ~np.eye(len(points), dtype=bool)
        within.append(kernel[pairs].mean())
    return float(1000 * (sum(within) - 2 * rbf_kernel(one, other, GAMMA).mean()))


class TestValue:
    @pytest.mark.parametrize("biased", [False, True])
    @pytest.mark.parametrize("scale", [1, 20])
    def test_is_that_of_scikit_learns_kernel(self, biased, scale):
        one, other = scale * directions(0, 30, 6, 0.4), scale * directions(1, 21, 6, 0.9)
        expected = by_scikit_learn(one, other, biased)
        assert mmd.of_points(one, other, biased) == pytest.approx(expected, abs=1e-9)
        if scale == 1:
            assert cmmd(one, other, biased=biased) == mmd.of_points(one, other, biased)

    def test_of_two_points_has_a_closed_form(self):
        # Kernel 1 within, exp(-d²/200) across.
        one, other = np.zeros((3, 2)), np.tile([6.0, 8.0], (4, 1))
        assert mmd.of_points(one, other) == pytest.approx(2000 * (1 - np.exp(-1 / 2)), rel=1e-12)

    def test_of_a_set_with_itself_is_zero_where_pairs_with_itself_stay(self):
        points = directions(2, 20, 5)
        assert cmmd(points, points, biased=True) == pytest.approx(0, abs=1e-9)

    def test_is_nearly_the_squared_distance_of_means_of_unit_embeddings(self):
        # exp(x·y/100) is nearly 1 + x·y/100.
        one, other = directions(3, 40, 8, 0.3), directions(4, 40, 8, 1.5)
        means = np.sum((one.mean(axis=0) - other.mean(axis=0)) ** 2)
        assert cmmd(one, other, biased=True) == pytest.approx(10 * means, rel=0.02)

    def test_has_no_bias_at_any_n(self):
        rng = np.random.default_rng(5)
        draws = [
            (unit(rng.normal(size=(5, 4))), unit(rng.normal(size=(5, 4)))) for _ in range(2000)
        ]
        unbiased = [cmmd(one, other) for one, other in draws]
        error = np.std(unbiased) / np.sqrt(len(unbiased))
        assert abs(np.mean(unbiased)) < 4 * error
        # What the authors' estimator adds is far more.
        assert np.mean([cmmd(one, other, biased=True) for one, other in draws[:200]]) > 20 * error

    @given(unit_embeddings(least=4), st.integers(0, 99))
    def test_does_not_depend_on_order_rotation_translation_or_which_comes_first(self, points, seed):
        half = len(points) // 2
        a, b = points[:half], points[half:]
        value = cmmd(a, b)
        assert cmmd(a, b, biased=True) >= max(value, 0) - 1e-9
        rng = np.random.default_rng(seed)
        turn, step = rotation(seed, a.shape[1]), rng.normal(size=a.shape[1])
        for x, y in ((b, a), (rng.permutation(a), b), (a @ turn + step, b @ turn + step)):
            assert mmd.of_points(x, y) == pytest.approx(value, abs=1e-8)

    def test_tiles_and_the_device_change_nothing(self, monkeypatch):
        a, b = directions(6, 30, 5, 0.2), directions(7, 25, 5, 0.5)
        value = cmmd(a, b)
        # torch's name of the CPU takes the way of a GPU.
        assert cmmd(a, b, device="cpu:0") == pytest.approx(value, abs=1e-9)
        monkeypatch.setattr(mmd, "SIDE", 7)
        assert cmmd(a, b) == pytest.approx(value, abs=1e-9)

    def test_half_precision_is_summed_in_double(self):
        a, b = (directions(seed, 90, 8, 0.5).astype(np.float16) for seed in (8, 9))
        assert cmmd(a, b) == cmmd(a.astype(float), b.astype(float))

    @pytest.mark.parametrize(
        ("one", "other", "said"),
        [
            (np.eye(1, 2), np.eye(2), "images: 1 embeddings; at least 2"),
            (np.eye(2), np.eye(3), "2 dimensions, but natural have 3"),
            (np.eye(2), np.array([[0.0, 1.0], [np.inf, 0.0]]), "natural: row 1 is not finite"),
        ],
    )
    def test_what_means_nothing_is_refused(self, one, other, said):
        with pytest.raises(InputError, match=said):
            cmmd(one, other)


@pytest.mark.parametrize(("n", "m"), [(12, 9), (3, 20)])
def test_changes_are_the_values_without_one_image(n, m):
    a, b = directions(10, n, 5, 0.3), directions(11, m, 5, 0.6)
    means = mmd.of_pairs(a, b)
    images, natural = means.without_one_each()
    assert means.value() == pytest.approx(cmmd(a, b), abs=1e-9)
    without = [cmmd(np.delete(a, i, axis=0), b) for i in range(n)]
    assert means.value() + images == pytest.approx(np.array(without), abs=1e-8)
    without = [cmmd(a, np.delete(b, i, axis=0)) for i in range(m)]
    assert means.value() + natural == pytest.approx(np.array(without), abs=1e-8)


class TestMoments:
    bound = 4000 * (np.exp(0.01) - 1.01 - 0.01**2 / 2)

    @pytest.mark.parametrize("d", [3, 40])
    def test_lose_less_than_the_bound(self, d):
        a, b = directions(12, 60, d, 0.5), directions(13, 45, d, -0.5)
        found = mmd.of_moments(a, np.zeros(60, int), b, np.zeros(45, int))
        assert self.bound == pytest.approx(0.00067, rel=0.01)
        assert found.value() == pytest.approx(cmmd(a, b), abs=self.bound)

    def test_of_opposite_points_lose_as_much_as_the_bound_allows(self):
        # Odd powers are what differs here, and of those the third is the first that is left out.
        n = 400
        a, b = np.tile([[1.0, 0.0]], (n, 1)), np.tile([[-1.0, 0.0]], (n, 1))
        labels = np.arange(n) // 4
        found = mmd.of_moments(a, labels, b, labels).value()
        assert 0.9 * self.bound < cmmd(a, b) - found <= self.bound

    def test_blocks_and_the_device_change_nothing(self, monkeypatch):
        a, b = directions(14, 40, 5, 0.2), directions(15, 30, 5, 0.5)
        labels = np.repeat([0, 1], 20), np.repeat([0, 1], 15)
        value = mmd.of_moments(a, labels[0], b, labels[1]).value()
        other = mmd.of_moments(a, labels[0], b, labels[1], device="cpu:0").value()
        assert other == pytest.approx(value, abs=1e-9)
        monkeypatch.setattr(blocks, "BLOCK_BYTES", 7 * 8 * 5)
        other = mmd.of_moments(a, labels[0], b, labels[1]).value()
        assert other == pytest.approx(value, abs=1e-9)


class TestOfClass:
    def test_natural_train_has_no_distance_to_itself(self):
        assert mmd.of_class(class_sample(directions(16, 20, 4))) == {}
        assert mmd.of_pool(pool_sample(directions(16, 20, 4), 2)) == {}

    def test_two_images_have_no_interval(self):
        assert mmd.of_class(class_sample(directions(17, 2, 4), directions(18, 2, 4))) == {}

    def test_is_the_public_function_with_a_replicate_a_draw(self):
        sample = class_sample(directions(19, 15, 4, 0.3), directions(20, 15, 4), draws=120)
        found = mmd.of_class(sample)["cmmd"]
        assert found.value == pytest.approx(cmmd(sample.images, sample.natural), abs=1e-9)
        assert found.replicates.shape == (120,)


class TestIntervals:
    n, d = 50, 16
    scales = np.arange(1, d + 1) ** -0.5
    step = 0.4 * np.eye(d)[3]

    def images(self, rng: np.random.Generator) -> np.ndarray:
        return unit((0.7 * rng.normal(size=(self.n, self.d)) + 0.3) * self.scales + self.step)

    def natural(self, rng: np.random.Generator) -> np.ndarray:
        return unit((rng.normal(size=(self.n, self.d)) + 0.3) * self.scales)

    def test_cover_a_difference(self):
        rng = np.random.default_rng(21)
        # Unbiased at any n, so that the mean of many small samples is that of large ones.
        truth = np.mean([cmmd(self.images(rng), self.natural(rng)) for _ in range(1000)])

        def estimate(rng: np.random.Generator) -> Estimate:
            name = str(rng.integers(2**40))
            sample = class_sample(self.images(rng), self.natural(rng), class_id=name)
            return mmd.of_class(sample)["cmmd"]

        assert 0.93 <= coverage(estimate, truth) <= 0.97

    def test_hold_zero_often_enough_for_equal_distributions(self):
        def estimate(rng: np.random.Generator) -> Estimate:
            name = str(rng.integers(2**40))
            sample = class_sample(self.natural(rng), self.natural(rng), class_id=name)
            return mmd.of_class(sample)["cmmd"]

        # A degenerate case: the first-order weights are themselves noise, and the interval is wide.
        assert coverage(estimate, 0.0, 500) > 0.95

    @pytest.mark.parametrize("step", [0.0, 0.5])
    def test_of_all_classes_together_cover_with_classes_of_a_fixed_size(self, step):
        n, d, classes = 15, 8, 4
        centres = np.random.default_rng(22).normal(size=(classes, d))

        def draw(rng: np.random.Generator, n: int, step: float) -> np.ndarray:
            return unit(rng.normal(size=(classes * n, d)) + np.repeat(centres + step, n, axis=0))

        # All pairs of large samples, where it matters little which pairs are left out.
        many = [
            draw(np.random.default_rng(23 + i), 1500, shift) for i, shift in enumerate((step, 0))
        ]
        truth = by_scikit_learn(*many, biased=True) if step else 0.0

        def estimate(rng: np.random.Generator) -> Estimate:
            sample = pool_sample(draw(rng, n, step), classes, draw(rng, n, 0.0))
            return mmd.of_pool(sample)["pooled_cmmd"]

        covered = coverage(estimate, truth)
        assert covered >= 0.93
        assert covered <= 0.97 or step == 0
