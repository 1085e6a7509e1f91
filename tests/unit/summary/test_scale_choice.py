"""Choosing a scale: what wins, how surely, and what it is worth elsewhere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgap.measures.intervals.estimates import mean_over_classes
from synthgap.summary.scale_choice import choices, own_against_one, range_of, worth

DRAWS = 200


def random(classes: int = 2, seed: int = 0):
    return lambda: [np.random.default_rng([seed, label]) for label in range(classes)]


def hits_of(accuracies: list[list[float]], n: int, seed: int = 0, repetitions: int = 1):
    """Queries of each class that are right with the chances given: rows scales, columns classes."""
    rng = np.random.default_rng(seed)
    chances = np.repeat(np.array(accuracies), n, axis=1)
    labels = np.repeat(np.arange(len(accuracies[0])), n)
    shape = (len(accuracies), repetitions, len(labels))
    return (rng.random(shape) < chances[:, None, :]).astype(float), labels


@given(st.integers(0, 999), st.integers(1, 3))
def test_the_chosen_scales_are_the_best_by_counting(seed, repetitions):
    hits, labels = hits_of([[0.5, 0.6], [0.6, 0.5], [0.55, 0.55]], 9, seed, repetitions)
    found = choices(hits, labels, random(), 100)
    by_scale = [mean_over_classes(each.mean(axis=0), labels) for each in hits]
    assert by_scale[found.overall] == pytest.approx(max(by_scale))
    for label in (0, 1):
        of_class = hits[:, :, labels == label].mean(axis=(1, 2))
        assert of_class[found.per_class[label]] == pytest.approx(of_class.max())
    assert found.overall_shares.sum() == pytest.approx(1)
    assert found.per_class_shares.sum(axis=1) == pytest.approx(1)


def test_of_equal_scales_the_first_is_chosen_and_draws_are_shared():
    hits, labels = hits_of([[0.5, 0.5]], 20)
    found = choices(np.concatenate([hits] * 4), labels, random(), DRAWS)
    assert found.overall == 0
    assert list(found.per_class) == [0, 0]
    assert found.overall_shares == pytest.approx([0.25] * 4)


def test_a_clear_best_is_chosen_in_every_draw():
    hits, labels = hits_of([[0.1, 0.9], [0.9, 0.9], [0.1, 0.1]], 100)
    found = choices(hits, labels, random(), DRAWS)
    assert (found.overall, found.per_class[0]) == (1, 1)
    assert found.overall_shares[1] == found.per_class_shares[0, 1] == 1
    assert range_of([1, 2.5, 7.5], found.overall_shares) == (2.5, 2.5)


@pytest.mark.parametrize(
    ("shares", "ends"),
    [
        ([1, 0, 0, 0], (1, 1)),
        ([0, 0, 0, 1], (4, 4)),
        ([0.25] * 4, (1, 4)),
        ([0.025, 0.95, 0.025, 0], (2, 2)),
        ([0.03, 0.94, 0.0, 0.03], (1, 4)),
    ],
)
def test_the_range_leaves_out_a_fortieth_at_either_end(shares, ends):
    assert range_of([1, 2, 3, 4], np.array(shares, float)) == ends


def test_the_range_holds_the_best_scale_as_often_as_it_says():
    held, samples = 0, 150
    for seed in range(samples):
        hits, labels = hits_of([[0.62, 0.52], [0.66, 0.58], [0.68, 0.62], [0.64, 0.54]], 60, seed)
        found = choices(hits, labels, random(seed=seed), DRAWS)
        low, high = range_of([0, 1, 2, 3], found.overall_shares)
        held += low <= 2 <= high
    assert held / samples > 0.93


def test_the_images_that_choose_flatter_the_winner_and_others_do_not():
    """All scales are equally good."""
    flattered, confirmed, held, samples = [], [], 0, 150
    for seed in range(samples):
        hits, labels = hits_of([[0.7, 0.7]] * 6, 30, seed)
        others, _ = hits_of([[0.7, 0.7]] * 6, 30, 10_000 + seed)
        found = choices(hits, labels, random(seed=seed), 100)
        flattered.append(worth(found, hits, labels, random(), 100).overall.value)
        here = worth(found, others, labels, random(), DRAWS)
        confirmed.append(here.overall.value)
        held += here.overall_interval.low <= 0.7 <= here.overall_interval.high
    assert np.mean(flattered) > 0.74
    assert abs(np.mean(confirmed) - 0.7) < 0.015
    assert held / samples > 0.9


def test_what_each_class_gains_adds_up_and_is_nothing_where_scales_agree():
    hits, labels = hits_of([[0.9, 0.3], [0.4, 0.95], [0.6, 0.5]], 50, repetitions=2)
    found = choices(hits, labels, random(), DRAWS)
    assert (found.overall, list(found.per_class)) == (1, [0, 1])
    (gain, ends), of_classes = own_against_one(found, hits, labels, random(), DRAWS)
    assert gain == pytest.approx(np.mean([value for value, _ in of_classes]))
    assert ends.low < gain < ends.high
    assert of_classes[1] == (0, (0, 0))
    low, high = of_classes[0][1]
    assert low < of_classes[0][0] < high
    there = worth(found, hits, labels, random(), DRAWS)
    assert there.per_class == pytest.approx(
        [hits[scale][:, labels == label].mean() for label, scale in enumerate(found.per_class)]
    )
    one = mean_over_classes(hits[found.overall].mean(axis=0), labels)
    assert there.overall.value == pytest.approx(one)
    assert gain == pytest.approx(there.per_class.mean() - one)


def test_the_gain_of_choosing_by_chance_holds_zero():
    """Classes do not differ: what they choose for themselves gains nothing elsewhere."""
    held, samples = 0, 150
    for seed in range(samples):
        hits, labels = hits_of([[0.7, 0.7, 0.7]] * 4, 30, seed)
        others, _ = hits_of([[0.7, 0.7, 0.7]] * 4, 30, 10_000 + seed)
        found = choices(hits, labels, random(3, seed), 100)
        (_, ends), _ = own_against_one(found, others, labels, random(3, seed), DRAWS)
        held += ends.low <= 0 <= ends.high
    assert held / samples > 0.9


def test_scales_that_no_query_tells_apart_differ_by_an_interval_all_the_same():
    hits, labels = hits_of([[0.8, 0.8]], 20)
    (value, ends), _ = own_against_one(
        choices(hits, labels, random(), 100)._replace(per_class=np.array([0, 1])),
        np.concatenate([hits] * 2),
        labels,
        random(),
        100,
    )
    assert value == 0
    assert -0.1 < ends.low < 0 < ends.high < 0.1
