"""Choosing a variant for each class: shrinkage against closed forms, and planted differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from synthgap.derived.choices import choose, shrink

numbers = st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=20)


class TestShrink:
    @given(numbers, st.floats(1e-4, 0.1))
    def test_with_equal_variances_it_is_the_positive_part_of_one_factor(self, found, variance):
        """As Efron and Morris have it, with the unbiased variance in place of theirs."""
        x = np.array(found)
        spread = x.var(ddof=1)
        factor = max(0.0, 1 - variance / spread) if spread > 0 else 0.0
        result = shrink(x, np.full(len(x), variance))
        assert result.values == pytest.approx(x.mean() + factor * (x - x.mean()), abs=1e-12)

    def test_it_is_the_mean_of_the_posterior(self):
        """By integrating over the true number, given the mean and the variance between classes."""
        rng = np.random.default_rng(0)
        x, v = rng.normal(0, 0.2, 8), rng.uniform(0.001, 0.02, 8)
        result = shrink(x, v)
        t = x.var(ddof=1) - v.mean()
        assert result.between == pytest.approx(t)
        truth = np.linspace(-3, 3, 200_001)
        for number in range(8):
            weights = norm.pdf(x[number], truth, v[number] ** 0.5) * norm.pdf(
                truth, x.mean(), t**0.5
            )
            assert result.values[number] == pytest.approx(np.average(truth, weights=weights))

    def test_chance_alone_leaves_the_mean(self):
        x = np.array([0.1, -0.1, 0.05, -0.05])
        result = shrink(x, np.full(4, 0.04))
        assert result.between == 0
        assert result.values == pytest.approx(np.zeros(4), abs=1e-12)
        # The interval of the mean, and twice the squared distance to it (Morris, k = 4).
        half = 1.959964 * (0.04 / 4 + 2 * x**2) ** 0.5
        assert result.high - result.values == pytest.approx(half)

    def test_one_class_stays_what_it_is(self):
        assert shrink(np.array([0.2]), np.array([0.01])).values == pytest.approx([0.2])

    def test_intervals_hold_the_truth(self):
        rng = np.random.default_rng(1)
        v = rng.uniform(0.002, 0.01, 20)
        held = []
        for _ in range(400):
            truth = rng.normal(-0.05, 0.08, 20)
            result = shrink(rng.normal(truth, v**0.5), v)
            held.append(((result.low <= truth) & (truth <= result.high)).mean())
        assert 0.92 < np.mean(held) < 0.97

    def test_it_errs_less_than_the_numbers_themselves(self):
        rng = np.random.default_rng(2)
        v = np.full(10, 0.01)
        truth = rng.normal(0, 0.05, (500, 10))
        found = rng.normal(truth, 0.1)
        shrunk = np.stack([shrink(row, v).values for row in found])
        assert ((shrunk - truth) ** 2).mean() < 0.6 * ((found - truth) ** 2).mean()


def queries(classes: int, each: int) -> np.ndarray:
    return np.repeat(np.arange(classes), each)


class TestChoose:
    def test_classes_take_what_is_plainly_better_in_them(self):
        labels = queries(6, 50)
        rng = np.random.default_rng(0)
        first = rng.random(300) < np.where(labels < 3, 0.95, 0.3)
        second = rng.random(300) < np.where(labels < 3, 0.3, 0.9)
        assert choose(np.stack([first, second]), labels).chosen.tolist() == [0, 0, 0, 1, 1, 1]

    def test_by_chance_alone_nearly_all_take_the_best_over_all(self):
        labels = queries(10, 50)
        taken, naive = [], []
        for seed in range(100):
            rng = np.random.default_rng(seed)
            found = choose(rng.random((4, 500)) < 0.7, labels)
            taken.append((found.chosen == found.best).mean())
            naive.append((found.accuracies.argmax(axis=0) == found.best).mean())
        assert np.mean(taken) > 0.75
        assert np.mean(naive) < 0.45

    def test_a_tie_goes_to_the_best_over_all_and_then_to_the_first(self):
        labels = queries(3, 4)
        hit = np.zeros((3, 12), bool)
        hit[:, ::2] = True
        found = choose(hit, labels)
        assert found.best == 0
        assert found.chosen.tolist() == [0, 0, 0]
        hit[2] = True
        assert choose(hit, labels).chosen.tolist() == [2, 2, 2]

    @given(st.integers(0, 1000), st.integers(1, 5), st.integers(1, 6))
    def test_the_numbers_are_those_of_plain_counts(self, seed, classes, variants):
        rng = np.random.default_rng(seed)
        labels = np.repeat(np.arange(classes), rng.integers(1, 9, classes))
        hit = rng.random((variants, len(labels))) < rng.random((variants, 1))
        found = choose(hit, labels)
        plain = [[row[labels == each].mean() for each in range(classes)] for row in hit]
        assert found.accuracies == pytest.approx(np.array(plain))
        assert found.best == np.array(plain).mean(axis=1).round(12).argmax()
        assert found.differences == pytest.approx(np.array(plain) - plain[found.best])
        best = found.shrunk[found.chosen, np.arange(classes)]
        assert best == pytest.approx(found.shrunk.max(axis=0), abs=1e-9)
        assert (found.low <= found.shrunk).all()

    def test_the_order_of_the_variants_decides_nothing_but_ties(self):
        rng = np.random.default_rng(5)
        labels = queries(8, 30)
        hit = rng.random((3, 240)) < np.array([[0.5], [0.6], [0.7]])
        one, other = choose(hit, labels), choose(hit[::-1], labels)
        assert (one.chosen == 2 - other.chosen).all()
