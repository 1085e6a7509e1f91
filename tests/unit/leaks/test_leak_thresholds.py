"""Thresholds let no more natural images pass than they say, and chance is honest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from synthgap.leaks.chance import Counted, by_chance
from synthgap.leaks.thresholds import (
    MOST_BITS,
    NEAREST_SHARE,
    PAIR_SHARE,
    Thresholds,
    alike,
    highest_ratio,
    most_bits,
)
from synthgap.measures.numerics.neighbour_search import nearest


@given(st.lists(st.sampled_from([0.1, 0.5, 0.9, 1.0]), min_size=1, max_size=200))
def test_ties_never_let_more_pass(ratios):
    found = np.array(ratios)
    assert np.mean(found < highest_ratio(found)) <= NEAREST_SHARE


@given(st.lists(st.integers(0, 64), max_size=3000))
def test_nor_do_ties_of_hashes(bits):
    found = np.array(bits, int)
    limit = most_bits(found)
    assert limit <= MOST_BITS
    assert not len(found) or np.mean(found < limit) <= PAIR_SHARE


def test_as_many_pass_as_may():
    found = np.arange(1000) / 1000
    assert np.sum(found < highest_ratio(found)) == 50


def test_few_bits_are_rare_among_random_hashes():
    assert binom.cdf(MOST_BITS - 1, 64, 0.5) == pytest.approx(1 / 82_000, rel=0.01)


def test_both_must_be_alike():
    ratios, bits = np.array([0.1, 0.1, 0.2, 0.0]), np.array([3, 4, 3, 0])
    assert alike(ratios, bits, Thresholds(0.2, 4)).tolist() == [True, False, False, True]


def test_by_chance_there_are_as_many_as_among_natural_images():
    natural = {"crane": Counted(1000, 20), "owl": Counted(500, 0)}
    found = by_chance(4, {"crane": 100, "owl": 100}, natural)
    assert found.expected == pytest.approx(2)
    assert found.low <= 2 <= found.high
    assert found.p_value > 0.05
    # A class without natural images says nothing, and nothing is known without any.
    more = natural | {"heron": Counted(0, 0)}
    assert by_chance(4, {"crane": 100, "owl": 100, "heron": 50}, more) == found
    assert np.isnan(by_chance(0, {"heron": 50}, more).p_value)


def test_of_very_many_natural_images_chance_is_binomial():
    found = by_chance(9, {"crane": 200}, {"crane": Counted(10**7, 2 * 10**5)})
    assert found.p_value == pytest.approx(binom.sf(8, 200, 0.02), rel=0.01)
    assert (found.low, found.high) == tuple(binom.ppf([0.025, 0.975], 200, 0.02))


def simulated(rng, natural, images, copied=0):
    """One study: images in few dimensions, where neighbours are near, and hashes that follow them.

    Each hash has the signs of its image's places along 64 axes, so that near images agree.
    """
    dimensions = 3
    axes = rng.normal(size=(dimensions + 1, 64))
    train, own = (rng.normal(size=(count, dimensions)) for count in (natural, images))
    own[:copied] = train[:copied] + 1e-4 * rng.normal(size=(copied, dimensions))

    def hashes(points):
        return np.column_stack([points, np.ones(len(points))]) @ axes > 0

    def beside(points, alone):
        found = nearest(points, train, 10, leave_out_self=alone)
        rows = found.indices[:, 0]
        return (
            rows,
            found.distances[:, 0] / found.distances[:, -1],
            np.sum(hashes(points) != hashes(train)[rows], axis=1),
        )

    _, ratios, bits = beside(train, True)
    some = hashes(train[:50])
    pairs = np.array([np.sum(some[i] != some[j]) for i in range(50) for j in range(i)])
    limits = Thresholds(highest_ratio(ratios), most_bits(pairs))
    twins = alike(ratios, bits, limits)
    rows, ratios, bits = beside(own, False)
    near = alike(ratios, bits, limits)
    chance = by_chance(
        len(set(rows[near])), {"crane": images}, {"crane": Counted(natural, int(twins.sum()))}
    )
    return int(near.sum()), chance


def test_sources_that_copy_nothing_are_hardly_ever_accused():
    rng = np.random.default_rng(0)
    runs = [simulated(rng, 300, 200) for _ in range(150)]
    found, expected = sum(near for near, _ in runs), sum(chance.expected for _, chance in runs)
    # Both are sums over 150 sets; a set of natural images is a little sparser by the one left out.
    assert expected > 100
    assert 0.75 < found / expected < 1.25
    accused = sum(chance.p_value < 0.05 for _, chance in runs)
    assert binomtest(accused, len(runs), 0.05, alternative="greater").pvalue > 0.01
    inside = sum(chance.low <= near <= chance.high for near, chance in runs)
    assert binomtest(inside, len(runs), 0.95, alternative="less").pvalue > 0.01


def test_copies_are_found_among_images_that_are_near_by_nature():
    rng = np.random.default_rng(1)
    for _ in range(5):
        near, chance = simulated(rng, 300, 200, copied=40)
        assert near >= 40
        assert chance.p_value < 0.01
