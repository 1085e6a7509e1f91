"""The table of paired differences, from tables of measures and predictions on disk."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthgap import tables
from synthgap.measures.intervals.estimates import Estimate, difference, interval
from synthgap.summary.classifiers import Training
from synthgap.summary.differences import differences_table
from synthgap.summary.measured import Measured

SOURCES = ("natural-train", "disamb", "promptaug")
ENCODERS = ("clip", "dino")
DRAWS = 300


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    tables.write(pa.Table.from_pylist(rows), path, {})
    return path


def numbers(seed: int) -> tuple[float, np.ndarray]:
    rng = np.random.default_rng(seed)
    return float(rng.normal()), rng.normal(size=DRAWS)


def columns(names: list[str], seed: int) -> dict[str, object]:
    row: dict[str, object] = {}
    for place, name in enumerate(names):
        row[name], row[f"{name}_replicates"] = numbers(10 * seed + place)
    return row


@pytest.fixture
def measured(tmp_path: Path) -> list[Measured]:
    """Natural-train lacks `recall`; the sources without prompts have no value of `gap`."""
    found = []
    for encoder in ENCODERS:
        for number, source in enumerate(SOURCES):
            names = ["spread"] if source == "natural-train" else ["spread", "recall"]
            seed = 100 * (encoder == "dino") + 10 * number
            classes = [
                write(
                    tmp_path / encoder / source / f"{class_id}.parquet",
                    [{"class_id": class_id, "n": 9, **columns(names, seed + place)}],
                )
                for place, class_id in enumerate(("crane", "owl"))
            ]
            total = {"class_id": None, **columns(["accuracy", "gap"], seed + 5)}
            if source == "disamb":
                total |= {"gap": None, "gap_replicates": None}
            together = [total, {"class_id": "crane", "accuracy": 0.5}]
            found.append(
                Measured(
                    encoder,
                    source,
                    classes,
                    write(tmp_path / encoder / f"{source}.parquet", together),
                    write(
                        tmp_path / encoder / f"{source}-pooled.parquet",
                        [{"n": 9, **columns(["pooled_recall"], seed + 6)}],
                    ),
                )
            )
    return found


def predictions(folder: Path, name: str, ranks: np.ndarray) -> Training:
    """A training of two seeds, tested on images of two classes."""
    files = []
    for seed, of_seed in enumerate(ranks):
        class_ids = np.repeat(["crane", "owl"], len(of_seed) // 2)
        rows = [
            {"class_id": class_id, "index": index, "rank": int(rank)}
            for index, (class_id, rank) in enumerate(zip(class_ids, of_seed, strict=True))
        ]
        files.append(write(folder / name / f"seed{seed}" / "predictions.parquet", rows))
    return Training("resnet", name, (name,), files)


def only(table: pd.DataFrame, **values: str) -> pd.Series:
    for name, value in values.items():
        table = table[table[name] == value]
    (row,) = (row for _, row in table.iterrows())
    return row


def test_each_pair_once_in_the_order_of_the_sources(measured):
    found = differences_table(measured, [], DRAWS).to_pandas()
    pairs = [("natural-train", "disamb"), ("natural-train", "promptaug"), ("disamb", "promptaug")]
    for encoder in ENCODERS:
        spread = found[(found["encoder"] == encoder) & (found["measure"] == "spread")]
        assert list(zip(spread["source"], spread["other"], strict=True)) == pairs


def test_is_other_minus_source_over_the_classes_with_the_interval_of_paired_replicates(measured):
    found = differences_table(measured, [], DRAWS).to_pandas()
    row = only(found, encoder="dino", measure="spread", source="disamb", other="promptaug")
    one, other = ([numbers(10 * (100 + seed)) for seed in (start, start + 1)] for start in (10, 20))
    means = [
        Estimate(np.mean([x for x, _ in pair]), np.mean([r for _, r in pair], axis=0))
        for pair in (one, other)
    ]
    between = difference(*means)
    assert row["difference"] == pytest.approx(between.value, abs=1e-12)
    expected = pytest.approx(interval(between), abs=1e-12)
    assert (row["difference_low"], row["difference_high"]) == expected


def test_a_measure_that_one_of_two_lacks_gives_no_row(measured):
    found = differences_table(measured, [], DRAWS).to_pandas()
    pairs = {
        measure: list(zip(rows["source"], rows["other"], strict=True))
        for measure, rows in found[found["encoder"] == "clip"].groupby("measure")
    }
    assert pairs["recall"] == [("disamb", "promptaug")]
    assert pairs["gap"] == [("natural-train", "promptaug")]
    assert len(pairs["accuracy"]) == 3


def test_what_is_of_natural_train_in_every_source_is_not_compared(tmp_path):
    names = ["centroid_shift", "centroid_shift_baseline"]
    measured = []
    for number, source in enumerate(SOURCES):
        of_class = {"class_id": "owl", "n": 9, **columns(names, number)}
        total = {"class_id": None, **columns(["accuracy"], number)}
        paths = [
            write(tmp_path / f"{source}-{kind}.parquet", [row])
            for kind, row in (("class", of_class), ("all", total), ("pool", {"n": 9}))
        ]
        measured.append(Measured("clip", source, paths[:1], *paths[1:]))
    found = differences_table(measured, [], DRAWS).to_pandas()
    assert set(found["measure"]) == {"centroid_shift", "accuracy"}


def test_classifiers_are_paired_by_image_and_seed(tmp_path, measured):
    ranks = np.random.default_rng(0).integers(0, 8, size=(2, 60))
    better = np.where(np.arange(60) % 6 == 0, 0, ranks)
    trainings = [
        predictions(tmp_path, "natural-train", better),
        predictions(tmp_path, "disamb", ranks),
        predictions(tmp_path, "promptaug", ranks),
        Training("resnet", "mixed", ("disamb", "promptaug"), []),
    ]
    found = differences_table(measured, trainings, DRAWS).to_pandas()
    found = found[found["classifier"] == "resnet"]
    assert found["encoder"].isna().all()
    assert sorted(set(found["measure"])) == ["top1", "top5"]
    assert len(found) == 6
    same = only(found, measure="top1", source="disamb", other="promptaug")
    assert same["difference"] == same["difference_low"] == same["difference_high"] == 0
    row = only(found, measure="top5", source="natural-train", other="disamb")
    expected = (ranks < 5).mean() - (better < 5).mean()
    assert row["difference"] == pytest.approx(expected, abs=1e-12)
    assert row["difference_low"] < expected < row["difference_high"] <= 0
    # Unpaired, the two accuracies' own sampling would add up to much more.
    unpaired = 2 * 1.96 * np.sqrt(2 * 0.6 * 0.4 / 60)
    assert row["difference_high"] - row["difference_low"] < 0.7 * unpaired


def test_every_column_says_what_it_is(measured):
    found = {
        field.name: field.metadata[b"description"].decode()
        for field in differences_table(measured, [], DRAWS).schema
    }
    plain = ["encoder", "classifier", "measure", "source", "other", "difference"]
    assert list(found) == [*plain, "difference_low", "difference_high"]
    assert found["difference_low"] == "lower end of the 95 % interval of difference"
    assert all(found.values())
