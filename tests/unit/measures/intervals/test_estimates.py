import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, norm

from synthgap.measures.intervals.estimates import (
    Estimate,
    Share,
    bootstrap_counts,
    columns,
    interval,
    share,
    wilson,
)
from synthgap.measures.intervals.samples import subsample


def rngs(classes: int, seed: int = 0) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, label]) for label in range(classes)]


class TestWilson:
    @given(st.integers(1, 3000), st.data())
    def test_is_scipys(self, n, data):
        hits = data.draw(st.integers(0, n))
        expected = binomtest(hits, n).proportion_ci(0.95, method="wilson")
        assert wilson(hits, n) == pytest.approx((expected.low, expected.high), abs=1e-12)

    @given(st.integers(1, 3000), st.data())
    def test_holds_the_share_and_stays_a_share(self, n, data):
        hits = data.draw(st.integers(0, n))
        low, high = wilson(hits, n)
        assert 0 <= low <= hits / n <= high <= 1

    @given(st.integers(1, 500), st.data())
    def test_of_misses_mirrors_that_of_hits(self, n, data):
        hits = data.draw(st.integers(0, n))
        low, high = wilson(hits, n)
        assert wilson(n - hits, n) == pytest.approx((1 - high, 1 - low), abs=1e-12)

    def test_takes_a_mean_over_repetitions(self):
        assert wilson(3, 10).low < wilson(3.5, 10).low < wilson(4, 10).low


class TestInterval:
    def test_is_the_percentiles_when_replicates_are_centred_on_the_estimate(self):
        replicates = np.linspace(-1, 1, 2001)
        # The 50.05th of 2,001 from either end.
        assert interval(Estimate(0.0, replicates)) == pytest.approx((-0.95095, 0.95095))

    def test_is_moved_when_resampling_is_biased(self):
        replicates = np.linspace(-1, 1, 2001) - 7
        assert interval(Estimate(3.0, replicates)) == pytest.approx((2.04905, 3.95095))

    @pytest.mark.parametrize("draws", [100, 1000])
    def test_holds_the_next_replicate_as_often_as_it_says(self, draws):
        replicates = np.random.default_rng(5).normal(size=(4000, draws))
        ends = [interval(Estimate(float(row.mean()), row)) for row in replicates]
        held = [norm.cdf(high) - norm.cdf(low) for low, high in ends]
        # Standard error 0.0004 with 100 draws; 0.931 with NumPy's default quantiles.
        assert np.mean(held) == pytest.approx(0.95, abs=0.002)

    @given(st.floats(-10, 10), st.floats(0.1, 10), st.floats(-5, 5))
    def test_scales_and_moves_with_the_measure(self, value, factor, step):
        replicates = np.random.default_rng(0).gamma(2, size=300)
        low, high = interval(Estimate(value, replicates))
        scaled = interval(Estimate(value * factor + step, replicates * factor + step))
        assert scaled == pytest.approx((low * factor + step, high * factor + step), abs=1e-9)

    def test_columns_name_value_and_ends(self):
        found = columns("top1", np.float64(0.5), wilson(5, 10))
        assert list(found) == ["top1", "top1_low", "top1_high"]
        assert found["top1_low"] < found["top1"] == 0.5 < found["top1_high"]


class TestBootstrap:
    def test_draws_n_images_with_replacement(self):
        counts = bootstrap_counts(np.random.default_rng(1), 12, 500)
        assert counts.shape == (500, 12)
        assert set(counts.sum(axis=1)) == {12}
        # Each image is left out of (1 - 1/n)^n of the draws; standard error 0.006.
        assert (counts == 0).mean() == pytest.approx((1 - 1 / 12) ** 12, abs=0.025)

    def test_is_the_same_for_the_same_random_numbers(self):
        one, other = (bootstrap_counts(np.random.default_rng(2), 9, 50) for _ in range(2))
        assert np.array_equal(one, other)


class TestShare:
    def test_is_the_mean_over_classes_of_the_mean_over_queries(self):
        labels = np.array([0, 1, 1, 1, 1, 0])
        hits = np.array([[1, 0, 0, 1, 0, 1], [1, 1, 0, 1, 0, 0]])
        found = share(hits, labels, rngs(2), 300)
        assert found.per_class.tolist() == [0.75, 0.375]
        assert found.overall.value == 0.5625
        assert found.per_class_interval == [wilson(1.5, 2), wilson(1.5, 4)]
        assert found.overall.replicates.shape == (300,)

    def test_replicates_spread_as_theory_says(self):
        rng = np.random.default_rng(3)
        labels = np.repeat([0, 1, 2], 100)
        hits = rng.random((1, 300)) < np.array([0.2, 0.5, 0.9])[labels]
        found = share(hits, labels, rngs(3), 4000)
        variance = np.sum(found.per_class * (1 - found.per_class) / 100) / 9
        assert found.overall.replicates.std() == pytest.approx(np.sqrt(variance), rel=0.06)
        assert found.overall.replicates.mean() == pytest.approx(found.overall.value, abs=0.003)

    def test_disagreeing_repetitions_widen_the_interval(self):
        labels = np.zeros(200, dtype=int)
        alike, unlike = np.zeros((4, 200)), np.zeros((4, 200))
        alike[:, :100] = 1
        for repetition, good in enumerate((40, 80, 120, 160)):
            unlike[repetition, :good] = 1
        one, other = (share(hits, labels, rngs(1), 1000) for hits in (alike, unlike))
        assert one.overall.value == other.overall.value == 0.5

        def width(found: Share) -> float:
            return found.overall_interval.high - found.overall_interval.low

        assert width(other) > 1.5 * width(one)

    @pytest.mark.parametrize("hit", [0, 1])
    def test_wilson_stands_in_where_resampling_shows_no_spread(self, hit):
        labels = np.repeat([0, 1], 10)
        found = share(np.full((1, 20), hit), labels, rngs(2), 100)
        assert found.overall.value == hit
        assert found.overall_interval == wilson(20 * hit, 20)

    @given(st.integers(0, 10_000), st.integers(1, 4), st.integers(1, 3))
    def test_intervals_hold_the_accuracies(self, seed, classes, repetitions):
        rng = np.random.default_rng(seed)
        labels = np.concatenate([np.arange(classes), rng.integers(classes, size=12)])
        hits = rng.random((repetitions, len(labels))) < rng.random()
        found = share(hits, labels, rngs(classes, seed), 300)
        low, high = found.overall_interval
        assert low - 1e-12 <= found.overall.value <= high + 1e-12
        for value, ends in zip(found.per_class, found.per_class_interval, strict=True):
            assert ends.low <= value <= ends.high

    def test_same_random_numbers_pair_two_sources(self):
        labels = np.repeat([0, 1], 30)
        hits = np.random.default_rng(4).random((1, 60)) < 0.5
        one = share(hits, labels, rngs(2), 200).overall.replicates
        other = share(~hits, labels, rngs(2), 200).overall.replicates
        assert one + other == pytest.approx(np.ones(200))

    @pytest.mark.parametrize("repetitions", [7, 10])
    def test_wilson_stands_in_for_any_number_of_repetitions(self, repetitions):
        labels = np.repeat([0, 1], [3, 4])
        found = share(np.ones((repetitions, 7)), labels, rngs(2), 200)
        assert found.overall_interval == wilson(7, 7)

    @pytest.mark.parametrize("hit", [0, 1])
    def test_an_interval_of_a_share_holds_shares(self, hit):
        hits = np.full((1, 40), hit)
        hits[0, 0] = 1 - hit
        low, high = share(hits, np.zeros(40, dtype=int), rngs(1), 1000).overall_interval
        assert low >= 0
        assert high <= 1


class TestSubsample:
    def test_takes_the_same_rows_of_every_source_of_one_size_in_their_order(self):
        one = np.arange(30.0)[:, None]
        chosen = subsample(one, 10, "crane")
        assert chosen.shape == (10, 1)
        assert np.all(np.diff(chosen[:, 0]) > 0)
        assert np.array_equal(subsample(one + 100, 10, "crane"), chosen + 100)

    def test_takes_other_rows_of_another_class(self):
        one = np.arange(30.0)[:, None]
        assert not np.array_equal(subsample(one, 10, "crane"), subsample(one, 10, "maillot"))

    @pytest.mark.parametrize("n", [5, 6])
    def test_takes_all_where_there_are_no_more(self, n):
        one = np.arange(5.0)[:, None]
        assert np.array_equal(subsample(one, n, "crane"), one)

    def test_takes_every_row_about_as_often(self):
        one = np.arange(10.0)[:, None]
        counts = np.bincount(
            np.concatenate([subsample(one, 5, str(c))[:, 0] for c in range(400)]).astype(int)
        )
        # 200 expected, standard deviation 10.
        assert counts.min() > 150
        assert counts.max() < 250
