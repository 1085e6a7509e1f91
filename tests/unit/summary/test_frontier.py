import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from synthgap.measures.intervals.estimates import Estimate
from synthgap.summary.frontier import frontier_shares, frontier_table, pareto
from synthgap.summary.sweeps import Sweep

SWEEP = Sweep("sd15", "disamb", ("low", "middle", "high"), (1.0, 2.5, 7.5))

# Whole numbers, so that many are equal.
POINTS = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 9), st.integers(1, 3)),
    elements=st.integers(0, 3).map(float),
)


def beats(one: np.ndarray, other: np.ndarray) -> bool:
    pairs = list(zip(one, other, strict=True))
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)


@given(POINTS)
def test_is_what_comparing_each_pair_gives(points):
    by_force = [not any(beats(other, one) for other in points) for one in points]
    assert pareto(points).tolist() == by_force


@given(POINTS)
def test_some_point_is_never_beaten_and_units_do_not_matter(points):
    found = pareto(points)
    assert found.any()
    assert pareto(3 * points - 7).tolist() == found.tolist()
    assert pareto(points[::-1])[::-1].tolist() == found.tolist()


@given(POINTS)
def test_another_measure_takes_none_off_the_frontier_but_ties(points):
    """A point that is alone on its place stays unbeaten when something is added to compare."""
    distinct = np.unique(points, axis=0)
    more = np.column_stack([distinct, np.arange(len(distinct))])
    assert (pareto(more) | ~pareto(distinct)).all()


def tables(**columns: list[float | None]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The three variants in an arbitrary order, and a class of the same numbers."""
    order = [2, 0, 1]
    rows = pd.DataFrame({"encoder": "clip", "source": SWEEP.sources, "n": 40, **columns})
    rows = rows.iloc[order].reset_index(drop=True)
    natural = pd.DataFrame({"encoder": ["clip"], "source": ["natural-train"], "adherence": [1.0]})
    variants = pd.concat([natural, rows], ignore_index=True)
    return variants, rows.assign(class_id="n1", name="crane")


def test_each_scale_has_a_row_for_all_classes_and_for_each():
    found = frontier_table(
        [SWEEP],
        *tables(
            adherence=[0.8, 0.9, 0.85],
            centroid_distance=[0.3, 0.2, 0.1],
            knn_accuracy=[0.5, 0.6, 0.7],
            knn_accuracy_low=[0.4, 0.5, 0.6],
        ),
    ).to_pandas()
    assert list(found["guidance_scale"]) == [1, 2.5, 7.5] * 2
    assert list(found["source"]) == list(SWEEP.sources) * 2
    assert list(found["class_id"].isna()) == [True] * 3 + [False] * 3
    assert list(found["on_frontier"]) == [True, True, False] * 2
    assert list(found["on_frontier_with_knn_accuracy"]) == [True, True, True] * 2
    assert found["on_frontier_with_top1"].isna().all()
    assert list(found["knn_accuracy_low"]) == [0.4, 0.5, 0.6] * 2
    assert list(found["name"][3:]) == ["crane"] * 3


@pytest.mark.parametrize("adherence", [None, [0.8, None, 0.9]])
def test_without_adherence_there_is_no_frontier(adherence):
    columns = {} if adherence is None else {"adherence": adherence}
    found = frontier_table([SWEEP], *tables(centroid_distance=[0.3, 0.2, 0.1], **columns))
    assert found["on_frontier"].null_count == found.num_rows == 6


def test_a_scale_is_on_the_frontier_as_often_as_its_draws_are():
    """Adherence of two scales differs by chance alone, and the less diverse one needs it."""
    rng = np.random.default_rng(0)
    distance = [Estimate(value, np.full(2000, value)) for value in (0.3, 0.2, 0.1)]
    noise = rng.normal(0, 0.1, (2, 2000))
    adherence = [
        Estimate(0.5, 0.5 + noise[0]),
        Estimate(0.6, 0.6 + noise[1]),
        Estimate(0.0, np.zeros(2000)),
    ]
    shares = frontier_shares(adherence, distance)
    # P(0.6 + noise > 0.5 + other noise) with a standard deviation of 0.1 each.
    assert shares == pytest.approx([1, 0.76, 0], abs=0.02)
    draws = zip(adherence[0].replicates, adherence[1].replicates, strict=True)
    centred = [estimate.replicates.mean() - estimate.value for estimate in adherence[:2]]
    counted = np.mean([two - centred[1] > one - centred[0] for one, two in draws])
    assert shares[1] == pytest.approx(counted)


def test_equal_draws_are_no_difference():
    same = [Estimate(1.0, np.ones(100) + 1e-15 * place) for place in range(3)]
    distance = [Estimate(value, np.full(100, value)) for value in (0.3, 0.2, 0.1)]
    assert frontier_shares(same, distance).tolist() == [1, 0, 0]
