"""Rank correlations over variants: against scipy, and what their interval and chance hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, permutation_test, spearmanr

from synthgap.measures.intervals.estimates import Estimate
from synthgap.summary.orders import kendall
from synthgap.summary.rank_correlation import STATISTICS, correlation, spearman


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=8))
def test_rho_is_scipys_with_ties_too(pairs):
    one, other = np.array(pairs, dtype=float).T
    (found,) = spearman(one[None], other[None])
    if len(set(one)) == 1 or len(set(other)) == 1:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(spearmanr(one, other).statistic)


def estimates(values, noise=0.0, seed=0, draws=200):
    rng = np.random.default_rng(seed)
    return [Estimate(value, value + noise * rng.normal(size=draws)) for value in values]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=4, max_size=6))
def test_the_chance_of_few_variants_is_exact(pairs):
    one, other = np.array(pairs, dtype=float).T
    for statistic in STATISTICS.values():
        found = correlation(statistic, estimates(one), estimates(other))
        if np.isnan(found.value):
            continue
        expected = permutation_test(
            (other,),
            lambda drawn, statistic=statistic: abs(statistic(one[None], drawn[None])[0]).round(9),
            permutation_type="pairings",
            alternative="greater",
            n_resamples=np.inf,
        )
        assert found.p_value == pytest.approx(expected.pvalue)


def test_the_chance_of_many_variants_is_near_that_of_all_orders():
    one, other = np.random.default_rng(3).normal(size=(2, 12))
    other += 0.7 * one
    found = correlation(kendall, estimates(one), estimates(other))
    expected = kendalltau(one, other, method="exact")
    assert found.value == pytest.approx(expected.statistic)
    assert found.p_value == pytest.approx(expected.pvalue, abs=0.03)


def test_four_variants_decide_nothing_and_six_in_order_do():
    four = correlation(kendall, estimates([1, 2, 3, 4]), estimates([1, 2, 3, 4]))
    assert four == (1, (0, 1), pytest.approx(2 / 24))
    six = correlation(kendall, estimates(range(6)), estimates(range(6)))
    assert six == (1, (1, 1), pytest.approx(2 / 720))


def test_noise_of_the_measure_widens_the_interval_and_moves_no_estimate():
    values, others = [0, 1, 2, 3, 4, 5, 6, 7], [0, 2, 1, 3, 4, 6, 5, 7]
    plain, noisy = (
        correlation(kendall, estimates(values, noise), estimates(others, noise, seed=1))
        for noise in (0.0, 1.0)
    )
    assert noisy.value == plain.value
    assert noisy.p_value == plain.p_value
    assert noisy.ends.low < plain.ends.low < plain.ends.high <= 1


def test_replicates_that_lie_aside_are_moved_onto_the_estimate():
    values = [0, 1, 2, 3, 4, 5]
    aside = [Estimate(value, np.full(200, 9.0 - value)) for value in values]
    assert correlation(kendall, aside, estimates(values)).ends == (1, 1)


def test_rounding_makes_no_order():
    assert np.isnan(
        correlation(kendall, estimates([0.3] * 3 + [0.1 + 0.2]), estimates(range(4)))[0]
    )


def test_the_interval_holds_the_true_tau_often_enough():
    """Pairs of normal numbers with correlation r have tau 2/pi arcsin r (Kendall)."""
    rng = np.random.default_rng(0)
    for r in (0.0, 0.6):
        held = 0
        for _ in range(100):
            one, other = rng.multivariate_normal([0, 0], [[1, r], [r, 1]], size=18).T
            found = correlation(kendall, estimates(one), estimates(other))
            held += found.ends.low <= 2 / np.pi * np.arcsin(r) <= found.ends.high
        assert held / 100 > 0.9
