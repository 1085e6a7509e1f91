"""Which images of a class are shown: against what a plain look at all of them gives."""

import numpy as np
import pandas as pd
import pytest

from synthgap.report.views import (
    ALL_FULL,
    FEW,
    IMAGES,
    MOST_FULL,
    confusions,
    shown_in_full,
    views_of,
)


@pytest.fixture
def places():
    """Rows of one class among those of others, as a table of a source has them."""
    random = np.random.default_rng(0)
    count = 60
    return pd.DataFrame(
        {
            "taken": random.random(count) < 0.5,
            "nearest_class": random.choice(["crane", "owl"], count),
            "to_natural": random.random(count),
            "to_own": random.random(count),
        },
        index=range(100, 100 + count),
    )


def rows_of(shown, view):
    return [shown.rows[place] for place in shown.views[view]]


def test_a_class_in_full_is_seen_in_four_ways(places):
    shown = views_of(places, [], full=True)
    far, own, taken = (places[name].to_numpy() for name in ("to_natural", "to_own", "taken"))
    assert rows_of(shown, "drawn") == list(range(IMAGES))
    assert rows_of(shown, "typical") == sorted(range(60), key=lambda row: own[row])[:IMAGES]
    farthest = sorted(range(60), key=lambda row: -far[row])
    assert rows_of(shown, "far") == farthest[:IMAGES]
    assert rows_of(shown, "taken") == [row for row in farthest if taken[row]][:IMAGES]


def test_each_image_is_held_once_in_the_order_of_its_table(places):
    shown = views_of(places, [59, 0, 30], full=True)
    assert shown.rows == sorted(set(shown.rows))
    assert {59, 0, 30} <= set(shown.rows)
    seen = {row for view in shown.views for row in rows_of(shown, view)}
    assert set(shown.rows) == seen | {59, 0, 30}


def test_a_class_in_short_has_a_few_images_and_those_of_the_map(places):
    shown = views_of(places, [7, 2], full=False)
    assert shown.rows == [*range(FEW), 7]
    assert shown.views == {"drawn": list(range(FEW))}


def test_a_class_of_fewer_images_than_a_view_has_shows_all(places):
    shown = views_of(places.head(3).assign(taken=False), [], full=True)
    assert shown.rows == [0, 1, 2]
    assert shown.views["taken"] == []
    assert {view: len(found) for view, found in shown.views.items() if found} == {
        "drawn": 3,
        "typical": 3,
        "far": 3,
    }


def test_of_equal_images_the_first_comes_first(places):
    shown = views_of(places.assign(to_own=1.0, to_natural=1.0), [], full=True)
    assert rows_of(shown, "typical") == rows_of(shown, "far") == list(range(IMAGES))


def test_a_small_study_is_shown_in_full_and_of_a_large_one_the_worst_and_the_named():
    few = [f"c{number}" for number in range(ALL_FULL)]
    assert shown_in_full(few, few, []) == set(few)
    many = [*few, "last"]
    worst = many[::-1]
    assert shown_in_full(many, worst, ["c0", "c1"]) == {*worst[:MOST_FULL], "c0", "c1"}


def test_classes_that_take_most_come_first_and_equal_ones_by_name():
    places = pd.DataFrame(
        {
            "taken": [True] * 6 + [False] * 3,
            "nearest_class": ["owl", "kite", "owl", "crane", "ibis", "ibis"] + ["heron"] * 3,
        }
    )
    assert confusions(places) == [("ibis", 2), ("owl", 2), ("crane", 1), ("kite", 1)]
    assert confusions(places, most=1) == [("ibis", 2)]
    assert confusions(places[places["nearest_class"] == "heron"]) == []
