"""Which variants no other one beats, whatever they differ in: against brute force."""

from hypothesis import given
from hypothesis import strategies as st

from synthgap.summary.frontier_of_variants import ON_FRONTIER, with_frontiers

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "adherence": st.sampled_from([0.1, 0.2, 0.3]),
            "centroid_distance": st.sampled_from([0.1, 0.2, 0.3]),
            "top1": st.sampled_from([None, 0.1, 0.2]),
        }
    ),
    min_size=1,
    max_size=6,
)


@given(ROWS)
def test_a_variant_is_on_it_unless_another_is_as_high_in_all_and_higher_in_one(found):
    rows = [{"source": f"v{place}", **row} for place, row in enumerate(found)]
    natural = {"source": "natural-train", "adherence": 1.0, "centroid_distance": 1.0, "top1": 1.0}
    *said, of_natural = with_frontiers([*rows, natural], {row["source"] for row in rows})
    assert of_natural == natural
    for column, axes in {
        "on_frontier": ("adherence", "centroid_distance"),
        "on_frontier_with_top1": ("adherence", "centroid_distance", "top1"),
    }.items():
        known = [row for row in rows if None not in [row[axis] for axis in axes]]
        for row, its in zip(rows, said, strict=True):
            beaten = any(
                all(other[axis] >= row[axis] for axis in axes)
                and any(other[axis] > row[axis] for axis in axes)
                for other in known
                if row in known
            )
            assert its.get(column) == (None if row not in known else not beaten)


def test_a_third_measure_keeps_a_variant_on_it():
    rows = [
        {"source": "better", "adherence": 0.9, "centroid_distance": 0.9, "knn_accuracy": 0.1},
        {"source": "worse", "adherence": 0.1, "centroid_distance": 0.1, "knn_accuracy": 0.9},
    ]
    _, worse = with_frontiers(rows, {"better", "worse"})
    assert worse["on_frontier"] is False
    assert worse["on_frontier_with_knn_accuracy"] is True
    assert {*worse} - {*rows[1]} < {*ON_FRONTIER}


def test_what_rounding_sets_apart_beats_nothing():
    rows = [
        {"source": "a", "adherence": 0.3, "centroid_distance": 0.5},
        {"source": "b", "adherence": 0.1 + 0.2, "centroid_distance": 0.5},
    ]
    assert [row["on_frontier"] for row in with_frontiers(rows, {"a", "b"})] == [True, True]
