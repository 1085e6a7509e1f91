"""Which images filters keep, against brute force, SciPy and the measures."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from points import directions
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from synthgap.derived import orders
from synthgap.derived.filter_table import clip_scores
from synthgap.measures.prompt_adherence import clip_score


def radius(points: np.ndarray, chosen: object) -> float:
    """How far an image lies from the nearest that was chosen, at most."""
    return float(cdist(points, points[np.asarray(chosen, int)]).min(axis=1).max())


seeds = st.integers(0, 10_000)


class TestFarthestFirst:
    @given(seeds, st.integers(2, 9), st.integers(1, 4))
    def test_no_subset_has_less_than_half_its_radius(self, seed, n, count):
        points = np.random.default_rng(seed).normal(size=(n, 2))
        count = min(count, n)
        order, *_ = orders.farthest_first(points, count)
        best = min(radius(points, some) for some in combinations(range(n), count))
        assert len(set(order.tolist())) == count
        assert radius(points, order) <= 2 * best + 1e-12

    @given(seeds, st.integers(1, 30))
    def test_a_larger_subset_holds_the_smaller(self, seed, count):
        points = np.random.default_rng(seed).normal(size=(30, 3))
        whole, *_ = orders.farthest_first(points, 30)
        assert orders.farthest_first(points, count)[0].tolist() == whole[:count].tolist()
        assert sorted(whole) == list(range(30))

    def test_it_is_greedy(self):
        points = directions(0, 40, 5)
        order, apart, left = orders.farthest_first(points, 12)
        between = cdist(points, points)
        assert order[0] == np.linalg.norm(points - points.mean(axis=0), axis=1).argmin()
        for place in range(1, 12):
            to_chosen = between[:, order[:place]].min(axis=1)
            assert order[place] == to_chosen.argmax()
            assert apart[place] == pytest.approx(to_chosen.max())
        assert left == pytest.approx(between[:, order].min(axis=1))

    def test_copies_are_taken_last_and_in_order(self):
        points = np.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
        assert orders.farthest_first(points, 4)[0].tolist() == [0, 2, 1, 3]


class TestBothSides:
    @given(seeds, st.floats(0, 1.5))
    def test_it_is_what_a_plain_loop_finds(self, seed, reach):
        rng = np.random.default_rng(seed)
        points = rng.normal(size=(14, 2))
        taken, far = rng.random(14) < 0.3, rng.random(14)
        shuffled = rng.permutation(14)
        found = orders.both_sides(points, taken, far, reach, shuffled)
        between, good, twins = cdist(points, points), [], {}
        for row in range(14):
            if taken[row]:
                continue
            near = [other for other in good if between[row, other] <= reach]
            if near:
                twins[row] = min(between[row, other] for other in good)
            else:
                good.append(row)
        expected = [row for row in shuffled if row in good]
        expected += sorted(twins, key=lambda row: -twins[row])
        expected += sorted(np.flatnonzero(taken), key=lambda row: far[row])
        assert found.order.tolist() == expected
        assert np.flatnonzero(found.twin >= 0).tolist() == sorted(twins)
        for row in twins:
            assert between[row, found.twin[row]] == pytest.approx(twins[row])

    def test_copies_are_near_whatever_the_radius(self):
        points = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
        found = orders.both_sides(points, np.zeros(3, bool), np.zeros(3), 0.0, np.arange(3))
        assert found.twin.tolist() == [-1, -1, 0]
        assert found.order.tolist() == [0, 1, 2]

    def test_all_may_be_taken(self):
        points = np.eye(3)
        far = np.array([0.2, 0.1, 0.3])
        found = orders.both_sides(points, np.ones(3, bool), far, 9.0, np.arange(3))
        assert found.order.tolist() == [1, 0, 2]

    def test_the_radius_is_natural_images_own(self):
        points = directions(1, 50, 4)
        apart = cKDTree(points).query(points, 2)[0][:, 1]
        assert orders.near_radius(points) == pytest.approx(np.quantile(apart, 0.05))
        assert orders.near_radius(points[:1]) == 0


def test_chance_is_the_same_in_every_variant_and_another_in_every_class():
    one, other = orders.at_random(20, "crane"), orders.at_random(20, "owl")
    assert sorted(one) == sorted(other) == list(range(20))
    assert (one != other).any()
    assert (one == orders.at_random(20, "crane")).all()


@given(st.lists(st.sampled_from([0.1, 0.2, 0.3]), min_size=1))
def test_ties_go_by_row(scores):
    expected = sorted(range(len(scores)), key=lambda row: (-scores[row], row))
    assert orders.highest_first(scores).tolist() == expected


def test_scores_are_the_measures_clip_scores():
    images, prompts = directions(2, 11, 6), directions(3, 4, 6)
    indices = np.arange(5, 16)
    own = clip_scores(images, prompts, indices)
    assert own.mean() == pytest.approx(clip_score(images, prompts[indices % 4]))
    anyone = clip_scores(images, prompts, None)
    every = [clip_score(images, np.repeat(prompt[None], 11, axis=0)) for prompt in prompts]
    assert anyone.mean() == pytest.approx(np.mean(every))
