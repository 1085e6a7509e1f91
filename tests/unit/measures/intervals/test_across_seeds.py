"""Replicates of a study joined: against scipy, NumPy, and studies with a known truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from synthgap.measures.intervals.across_seeds import across_seeds
from synthgap.measures.intervals.estimates import Estimate, bootstrap_counts, bootstrapped

VALUES = st.lists(st.floats(-1, 1), min_size=2, max_size=6)


def exactly(*values):
    """Estimates without any error of their own."""
    return [Estimate(value, np.full(50, value)) for value in values]


def noisy(seed, *values, common=1.0, own=1.0, draws=400):
    rng = np.random.default_rng(seed)
    shared = common * rng.normal(size=draws)
    return [Estimate(value, value + shared + own * rng.normal(size=draws)) for value in values]


def test_where_nothing_is_shared_it_is_students_interval():
    values = [0.1, 0.25, 0.2, 0.3, 0.05]
    found = across_seeds(exactly(*values))
    assert found.ends == pytest.approx(
        stats.t.interval(0.95, 4, np.mean(values), stats.sem(values)), rel=1e-12
    )
    assert found.between == pytest.approx(np.std(values, ddof=1))
    assert (found.least, found.most, found.shared) == (0.05, 0.3, 0)


def test_where_all_is_shared_another_replicate_says_nothing_new():
    one = noisy(0, 0.2)[0]
    two, five = across_seeds([one] * 2), across_seeds([one] * 5)
    error = one.replicates.std(ddof=1)
    assert two.ends == pytest.approx(stats.norm.interval(0.95, 0.2, error), rel=1e-9)
    assert five.ends == pytest.approx(two.ends, rel=1e-9)


def test_what_is_shared_is_the_mean_covariance_of_draws():
    estimates = noisy(3, 0.1, 0.2, 0.4)
    covariances = np.cov([each.replicates for each in estimates])
    assert across_seeds(estimates).shared ** 2 == pytest.approx(
        covariances[np.triu_indices(3, 1)].mean()
    )


def test_degrees_of_freedom_are_satterthwaites():
    estimates = noisy(4, 0.1, 0.5, 0.9)
    found = across_seeds(estimates)
    own, shared = found.between**2 / 3, found.shared**2
    freedom = (own + shared) ** 2 / (own**2 / 2)
    half = stats.t.ppf(0.975, freedom) * np.sqrt(own + shared)
    assert found.ends == pytest.approx((found.mean - half, found.mean + half), rel=1e-12)


@given(VALUES, st.floats(-2, 2), st.floats(0.1, 10), st.randoms())
def test_another_origin_unit_or_order_changes_nothing_else(values, origin, unit, order):
    estimates = noisy(1, *values)
    moved = [Estimate(origin + unit * e.value, origin + unit * e.replicates) for e in estimates]
    order.shuffle(moved)
    one, other = across_seeds(estimates), across_seeds(moved)
    for end in ("low", "high"):
        assert getattr(other.ends, end) == pytest.approx(origin + unit * getattr(one.ends, end))
    assert other.between == pytest.approx(unit * one.between, abs=1e-9)
    assert other.shared == pytest.approx(unit * one.shared, abs=1e-9)


@given(VALUES)
def test_what_is_shared_only_adds(values):
    found, alone = across_seeds(noisy(2, *values)), across_seeds(exactly(*values))
    assert found.ends.low <= found.mean <= found.ends.high
    assert found.between == pytest.approx(alone.between)
    # Not always wider: more degrees of freedom may outweigh a little that is shared.
    assert found.shared > alone.shared == pytest.approx(0)


def test_draws_that_go_against_each_other_take_nothing_away():
    against = [Estimate(0.1, np.array([0.0, 0.2])), Estimate(0.3, np.array([0.4, 0.2]))]
    assert across_seeds(against).ends == pytest.approx(across_seeds(exactly(0.1, 0.3)).ends)


def test_replicates_agree_that_decide_it_alone_on_the_side_of_the_mean():
    def one(value):
        return Estimate(value, value + np.linspace(-0.1, 0.1, 101))

    assert across_seeds([one(0.5), one(0.2), one(0.05), one(-0.2)]).agreeing == 2
    assert across_seeds([one(-0.5), one(-0.2), one(0.2)]).agreeing == 2
    assert across_seeds([one(0.5), one(-0.5)]).agreeing == 0


@pytest.mark.parametrize(("estimates", "told"), [([], "0"), (exactly(0.1), "1")])
def test_one_has_no_spread(estimates, told):
    with pytest.raises(ValueError, match=f"{told} replicates have no spread"):
        across_seeds(estimates)


def replicated(rng, count, n, sd_training, sd_own, sd_natural):
    """Of each replicate how far the mean of its images is from that of natural ones; truly 0."""
    natural = rng.normal(0, sd_natural, n)
    of_natural, of_own = (
        bootstrap_counts(np.random.default_rng(seed), n, 200) / n for seed in (1, 2)
    )
    for _ in range(count):
        images = rng.normal(rng.normal(0, sd_training), sd_own, n)
        value = images.mean() - natural.mean()
        draws = of_own @ images - of_natural @ natural
        yield bootstrapped(value, draws, n)


@pytest.mark.long
@pytest.mark.parametrize("sd_training", [0.0, 0.1, 0.3, 1.0])
@pytest.mark.parametrize(("sd_own", "sd_natural"), [(1.0, 1.0), (0.3, 1.0), (1.0, 0.3)])
def test_five_replicates_hold_the_truth(sd_training, sd_own, sd_natural):
    rng = np.random.default_rng(0)
    held = []
    for _ in range(2000):
        ends = across_seeds(list(replicated(rng, 5, 40, sd_training, sd_own, sd_natural))).ends
        held.append(ends.low <= 0 <= ends.high)
    assert 0.93 <= np.mean(held) <= 0.97
