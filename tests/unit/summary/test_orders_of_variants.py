"""Whether encoders order variants alike: against scipy, and how often the interval holds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from synthgap.measures.intervals.estimates import Estimate
from synthgap.summary.orders import agreement, kendall


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=8))
def test_tau_is_scipys_with_ties_too(pairs):
    one, other = np.array(pairs, dtype=float).T
    expected = kendalltau(one, other, variant="b").statistic
    (found,) = kendall(one[None], other[None])
    assert found == pytest.approx(expected, nan_ok=True)


def estimates(values, noise=0.0, seed=0, draws=200):
    rng = np.random.default_rng(seed)
    return [Estimate(value, value + noise * rng.normal(size=draws)) for value in values]


def test_one_order_without_noise_is_one_and_all_pairs_are_decided():
    found = agreement(estimates([1, 2, 3]), estimates([10, 20, 30]))
    assert found == (1, (1, 1), 3, 0)


def test_turned_pairs_are_counted_among_the_decided():
    found = agreement(estimates([1, 2, 3]), estimates([2, 1, 3]))
    assert found.tau == pytest.approx(1 / 3)
    assert (found.decided, found.turned) == (3, 1)
    noisy = agreement(estimates([1, 2, 3], noise=0.1), estimates([2, 1, 9], noise=1.5))
    assert (noisy.decided, noisy.turned) == (2, 0)
    assert noisy.ends.low <= noisy.tau < noisy.ends.high


def test_variants_that_are_all_equal_have_no_order():
    assert np.isnan(agreement(estimates([1, 1]), estimates([1, 2])).tau)


def test_replicates_are_paired():
    """Noise that both encoders share turns both orders, and so tau never."""
    shared = estimates([1.0, 1.1, 1.2], noise=1.0)
    moved = [Estimate(each.value + 5, each.replicates + 5) for each in shared]
    assert agreement(shared, moved).ends == (1, 1)


@pytest.mark.parametrize("noise", [0.05, 0.3, 1.0])
def test_the_interval_holds_the_true_tau_often_enough(noise):
    """Values of four variants in two encoders, known up to noise of the size of the replicates'."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(300):
        truth = rng.normal(size=(2, 4))
        (tau,) = kendall(truth[:1], truth[1:])
        seen = truth + noise * rng.normal(size=truth.shape)
        one, other = (estimates(each, noise, seed=rng.integers(1 << 30)) for each in seen)
        ends = agreement(one, other).ends
        held += ends.low <= tau <= ends.high
    # Twice the standard error below 0.95.
    assert held / 300 > 0.925
