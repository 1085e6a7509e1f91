"""What replicates say together, from tables on disk, and the summaries that speak of them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats

from synthgap import tables
from synthgap.measures.intervals.estimates import Estimate, interval
from synthgap.summary.classifiers import Training
from synthgap.summary.measured import Measured
from synthgap.summary.over_replicates import Answer, over_replicates
from synthgap.summary.replicates import replicated_defects_table, replicates_table

SOURCES = ("natural-train", "disamb")
SPREAD = {"natural-train": (0.3, 0.3, 0.3), "disamb": (0.1, 0.16, 0.13)}
"""Of each source the centroid distance in three replicates."""


def write(path: Path, row: dict[str, object]) -> Path:
    tables.write(pa.Table.from_pylist([row]), path, {})
    return path


def measured(folder: Path, number: int) -> list[Measured]:
    found = []
    for source in SOURCES:
        value = SPREAD[source][number]
        rng = np.random.default_rng(0 if source == "natural-train" else number)
        draws = value + 0.01 * rng.normal(size=200)
        spread = {"centroid_distance": value, "centroid_distance_replicates": draws}
        right = {"class_id": None, "knn_accuracy": 1.0, "knn_accuracy_replicates": np.ones(200)}
        place = folder / str(number) / source
        found.append(
            Measured(
                "clip",
                source,
                [write(place / "crane.parquet", {"class_id": "crane", "n": 9, **spread})],
                write(place / "all.parquet", right),
                write(place / "pooled.parquet", {"n": 9}),
            )
        )
    return found


def training(folder: Path, number: int, source: str) -> Training:
    rng = np.random.default_rng([number, len(source)])
    hits = rng.random(40) < (0.9 if source == "natural-train" else 0.6)
    path = folder / f"{number}-{source}.parquet"
    table = {"class_id": ["crane", "owl"] * 20, "rank": np.where(hits, 0, 7)}
    tables.write(pa.table(table), path, {})
    return Training("resnet", source, (source,), [path])


@pytest.fixture
def joined(tmp_path: Path) -> pd.DataFrame:
    numbers = range(3)
    table = replicates_table(
        [measured(tmp_path, number) for number in numbers],
        [[training(tmp_path, number, source) for source in SOURCES] for number in numbers],
        "trainings",
        draws=100,
    )
    assert all(field.metadata[b"description"] for field in table.schema)
    return table.to_pandas()


def row_of(table: pd.DataFrame, **named: str | None) -> pd.Series:
    for column, value in named.items():
        table = table[table[column].isna() if value is None else table[column] == value]
    (index,) = table.index
    return table.loc[index]


def test_a_source_that_differs_between_replicates(joined: pd.DataFrame) -> None:
    row = row_of(joined, measure="centroid_distance", source="disamb", other=None)
    assert row["mean"] == pytest.approx(0.13)
    assert row["between"] == pytest.approx(np.std(SPREAD["disamb"], ddof=1))
    assert (row["least"], row["most"], row["replicates"]) == (0.1, 0.16, 3)
    least = stats.t.interval(0.95, 2, 0.13, stats.sem(SPREAD["disamb"]))
    assert row["mean_low"] == pytest.approx(least[0], abs=0.02)


def test_a_source_that_is_shared_has_the_interval_of_one(joined: pd.DataFrame) -> None:
    row = row_of(joined, measure="centroid_distance", source="natural-train", other=None)
    assert row["between"] == 0
    assert row["mean_low"] == pytest.approx(row["first_low"], abs=0.006)
    assert row["mean_high"] == pytest.approx(row["first_high"], abs=0.006)


def test_the_first_is_told_as_it_tells_of_itself(joined: pd.DataFrame, tmp_path: Path) -> None:
    row = row_of(joined, measure="centroid_distance", source="disamb", other=None)
    draws = SPREAD["disamb"][0] + 0.01 * np.random.default_rng(0).normal(size=200)
    ends = interval(Estimate(SPREAD["disamb"][0], draws))
    assert (row["first_low"], row["first_high"]) == pytest.approx(ends)


def test_pairs_are_compared_within_each_replicate(joined: pd.DataFrame) -> None:
    row = row_of(joined, measure="centroid_distance", source="natural-train", other="disamb")
    assert row["mean"] == pytest.approx(0.13 - 0.3)
    assert row["agreeing"] == 3
    accuracy = row_of(joined, measure="top1", source="natural-train", other="disamb")
    assert accuracy["classifier"] == "resnet"
    assert accuracy["mean"] < 0


def test_accuracies_end_at_one(joined: pd.DataFrame) -> None:
    ends = joined[joined["measure"].isin(["top1", "knn_accuracy"]) & joined["other"].isna()]
    assert len(ends) == 4
    assert (ends["mean_high"] <= 1).all()


def test_summaries_over_replicates_have_the_form_of_one(joined: pd.DataFrame) -> None:
    diagnosis = [
        pd.DataFrame(
            [
                {
                    "encoder": "clip",
                    "source": "disamb",
                    "class_id": class_id,
                    "cause": "diversity",
                    "suffers": suffers,
                }
                for class_id, suffers in zip(("crane", "owl", "jay"), found, strict=True)
            ]
        )
        for found in ((True, True, None), (True, False, None), (True, False, None))
    ]
    defects = replicated_defects_table(diagnosis, "trainings").to_pandas()
    assert list(defects["suffer"]) == [3, 1, 0]
    assert list(defects["replicates"]) == [3, 3, 0]
    rows = [
        {
            "encoder": "clip",
            "source": source,
            "images": 9,
            "centroid_distance": SPREAD[source][0],
            "centroid_distance_low": 0.0,
            "centroid_distance_high": 1.0,
            "classifier": "resnet",
            "top1": 0.5,
            "top1_low": 0.4,
            "top1_high": 0.6,
        }
        for source in SOURCES
    ]
    nothing = pd.DataFrame()
    found = over_replicates(Answer(pd.DataFrame(rows), nothing, nothing), joined, defects)
    assert list(found.variants.columns) == list(rows[0])
    row = found.variants.set_index("source").loc["disamb"]
    assert row["centroid_distance"] == pytest.approx(0.13)
    alone = row_of(joined, measure="top1", source="disamb", other=None)
    assert (row["top1"], row["top1_low"]) == (alone["mean"], alone["mean_low"])
    assert set(found.differences["other"]) == {"disamb"}
    assert {"difference", "difference_low", "agreeing"} <= set(found.differences)
    (cause,) = found.causes.to_dict("records")
    assert (cause["classes"], cause["suffer"], cause["ever"]) == (2, 1, 2)
