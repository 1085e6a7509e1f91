"""Mixtures against closed forms: a known learning curve, and known shifts of accuracy."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.isotonic import IsotonicRegression

from synthgap.measures.intervals.estimates import Estimate
from synthgap.summary.classifiers import Training
from synthgap.summary.mixtures import (
    Curve,
    Taken,
    equivalent,
    learning_curve,
    mixtures_table,
    monotone,
    on_curve,
)
from synthgap.tables import write

SIZES = np.array([1.0, 2.0, 8.0, 64.0])
CURVE = 0.5 + 0.07 * np.log2(SIZES)
"""Seven hundredths more with every doubling."""


def known(shifts: np.ndarray) -> Curve:
    return learning_curve(
        {size: Estimate(level, level + shifts) for size, level in zip(SIZES, CURVE, strict=True)}
    )


@given(st.floats(0, 6))
def test_of_a_curve_linear_in_the_logarithm_it_is_the_inverse(doublings):
    found = on_curve(0.5 + 0.07 * doublings, SIZES, CURVE)
    assert found == pytest.approx(2**doublings, rel=1e-6)


@given(
    st.lists(st.floats(0, 1), min_size=2, max_size=6),
    st.floats(0, 1),
)
def test_it_is_the_first_place_where_sklearn_s_curve_comes_to_the_accuracy(levels, accuracy):
    sizes = 2.0 ** np.arange(len(levels))
    model = IsotonicRegression(out_of_bounds="clip").fit(np.log(sizes), levels)
    found = on_curve(accuracy, sizes, monotone(np.array(levels)))
    lowest, highest = model.predict(np.log(sizes[[0, -1]]))
    if accuracy < lowest - 1e-9:
        assert found == -np.inf
    elif accuracy > highest + 1e-9:
        assert found == np.inf
    elif np.isfinite(found):
        assert model.predict([np.log(found)])[0] == pytest.approx(accuracy, abs=1e-6)
        before = model.predict([np.log(found) - 1e-3])[0]
        assert found <= sizes[0] * 1.001 or before <= accuracy + 1e-9


def test_on_a_flat_stretch_the_fewest_images_count():
    assert on_curve(0.7, SIZES, np.array([0.5, 0.7, 0.7, 0.7])) == pytest.approx(2)
    # Where more images do worse, both numbers share their mean.
    assert on_curve(0.7, SIZES, monotone(np.array([0.5, 0.8, 0.6, 0.9]))) == pytest.approx(2)


class TestEquivalent:
    def test_what_moves_curve_and_accuracy_alike_moves_no_equivalent(self):
        shifts = np.random.default_rng(0).normal(0, 0.02, 500)
        found = equivalent(Estimate(CURVE[2], CURVE[2] + shifts), known(shifts))
        assert found.place == "inside"
        assert (found.value, found.low, found.high) == pytest.approx((8, 8, 8))

    def test_its_interval_is_that_of_the_normal_noise_through_the_curve(self):
        noise = np.random.default_rng(1).normal(0, 0.02, 4_000)
        level = 0.5 + 0.07 * 3.5
        found = equivalent(Estimate(level, level + noise), known(np.zeros(4_000)))
        low, high = 2 ** (3.5 + norm.ppf([0.025, 0.975]) * 0.02 / 0.07)
        assert found.value == pytest.approx(2**3.5)
        assert found.low == pytest.approx(low, rel=0.03)
        assert found.high == pytest.approx(high, rel=0.03)

    @pytest.mark.parametrize(
        ("level", "place", "low", "high"),
        [(0.4, "below", None, 1.0), (0.99, "above", 64.0, None)],
    )
    def test_outside_of_the_curve_nothing_is_extrapolated(self, level, place, low, high):
        found = equivalent(Estimate(level, np.full(200, level)), known(np.zeros(200)))
        assert found == (place, None, low, high)

    def test_an_interval_that_leaves_the_curve_has_no_end_there(self):
        noise = np.random.default_rng(2).normal(0, 0.05, 1000)
        top = Estimate(CURVE[-1] - 0.01, CURVE[-1] - 0.01 + noise)
        found = equivalent(top, known(np.zeros(1000)))
        assert found.place == "inside"
        assert found.high is None
        assert found.low is not None
        assert found.low < 64


def predictions(folder: Path, name: str, hits: list[int]) -> Training:
    """Two classes of ten images, of which so many of each are right, in two seeds alike."""
    rows = [
        {"class_id": class_id, "rank": int(index >= right)}
        for class_id, right in zip("ab", hits, strict=True)
        for index in range(10)
    ]
    paths = [folder / f"{name}{seed}.parquet" for seed in (0, 1)]
    for path in paths:
        write(pa.Table.from_pylist(rows), path, {})
    sources = ("natural-train",) if name.startswith("natural") else ("natural-train", "made")
    return Training("resnet", name, sources, paths)


@pytest.fixture
def table(tmp_path: Path) -> pd.DataFrame:
    trainings = [
        predictions(tmp_path, "natural2", [4, 4]),
        predictions(tmp_path, "natural8", [6, 6]),
        predictions(tmp_path, "natural32", [8, 8]),
        predictions(tmp_path, "mixed", [7, 7]),
        predictions(tmp_path, "natural-after-made", [9, 9]),
    ]
    trainings[-1] = trainings[-1]._replace(sources=("natural-train", "made"))
    taken = {f"natural{size}": Taken(size, {}) for size in (2, 8, 32)}
    taken["mixed"] = Taken(8, {"made": 16})
    taken["natural-after-made"] = Taken(32, {"made": 4}, "made")
    found = mixtures_table(trainings, taken, "natural-train", 300)
    frame: pd.DataFrame = found.to_pandas().set_index("training_set")
    return frame


def test_a_mixture_is_worth_what_lies_halfway_on_the_curve(table):
    row = table.loc["mixed"]
    assert row["top1"] == pytest.approx(0.7)
    assert row["gain"] == pytest.approx(0.1)
    assert row["gain_low"] <= row["gain"] <= row["gain_high"]
    assert (row["natural"], row["synthetic"], row["synthetic_of"]) == (8, 16, "made 16")
    assert row["place"] == "inside"
    assert row["equivalent"] == pytest.approx(16)
    assert row["worth"] == pytest.approx((16 - 8) / 16)


def test_above_the_curve_there_is_no_number(table):
    row = table.loc["natural-after-made"]
    assert row["pretrained_on"] == "made"
    assert row["gain"] == pytest.approx(0.1)
    assert row["place"] == "above"
    assert np.isnan(row["equivalent"])
    assert np.isnan(row["worth"])
    assert np.isnan(row["worth_high"])


def test_natural_images_alone_are_compared_with_nothing(table):
    alone = table.loc[["natural2", "natural8", "natural32"]]
    assert alone["gain"].isna().all()
    assert alone["place"].isna().all()
    assert list(alone["top1"]) == pytest.approx([0.4, 0.6, 0.8])


def test_no_curve_is_no_worth(tmp_path):
    trainings = [
        predictions(tmp_path, "natural8", [6, 6]),
        predictions(tmp_path, "mixed", [7, 7]),
    ]
    taken = {"natural8": Taken(8, {}), "mixed": Taken(8, {"made": 16})}
    row = mixtures_table(trainings, taken, "natural-train", 100).to_pylist()[1]
    assert row["gain"] == pytest.approx(0.1)
    assert row["place"] is row["equivalent"] is row["worth"] is None
