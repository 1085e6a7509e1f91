"""Zero-shot accuracy of natural-val by a variant's prompts."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.preprocessing import normalize

from synthgap import tables
from synthgap.errors import InputError
from synthgap.measures import adherence
from synthgap.measures.intervals.estimates import wilson
from synthgap.measures.tables.zero_shot import measure_zero_shot

CLASSES = ("crane", "heron", "owl")


def write(path: Path, points: np.ndarray, labels: list[str]) -> Path:
    rows = pa.table(
        {
            "class_id": labels,
            "index": pa.array(range(len(labels)), pa.int32()),
            "key": [f"{label}{number}" for number, label in enumerate(labels)],
        }
    )
    tables.write_embeddings(path, rows, points, {})
    return path


def measured(tmp_path: Path, noise: float) -> tuple[dict[str, object], float]:
    rng = np.random.default_rng(0)
    centres = np.eye(4)[:3]
    images = [normalize(centre + noise * rng.normal(size=(20, 4))) for centre in centres]
    labels = [name for name in CLASSES for _ in range(2)]
    prompts = normalize(np.repeat(centres, 2, axis=0) + 0.2 * rng.normal(size=(6, 4)))
    measure_zero_shot(
        tmp_path / "zero.parquet",
        class_ids=CLASSES,
        queries=[
            write(tmp_path / f"{name}.parquet", points, [name] * 20)
            for name, points in zip(CLASSES, images, strict=True)
        ],
        prompts=write(tmp_path / "prompts.parquet", prompts, labels),
        draws=200,
        metadata={},
    )
    (row,) = tables.read(tmp_path / "zero.parquet").to_pylist()
    expected = adherence(
        np.concatenate(images), [name for name in CLASSES for _ in range(20)], prompts, labels
    )
    return row, expected


def test_it_is_adherence_of_the_queries(tmp_path):
    row, expected = measured(tmp_path, 0.7)
    assert 0.4 < expected < 0.95
    assert row["zero_shot_accuracy"] == pytest.approx(expected)
    assert row["zero_shot_accuracy_low"] < expected < row["zero_shot_accuracy_high"]
    assert np.std(row["zero_shot_accuracy_replicates"]) == pytest.approx(
        np.sqrt(expected * (1 - expected) / 60), rel=0.2
    )


def test_replicates_of_two_encoders_that_put_the_same_right_are_the_same(tmp_path):
    """So that differences between encoders are paired."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = (measured(tmp_path / name, 0.7)[0] for name in "ab")
    assert one["zero_shot_accuracy_replicates"] == other["zero_shot_accuracy_replicates"]


def test_where_all_are_right_the_interval_is_wilsons(tmp_path):
    row, expected = measured(tmp_path, 0.01)
    assert expected == 1
    assert row["zero_shot_accuracy_low"] == pytest.approx(wilson(60, 60).low)


def test_another_space_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"prompts\.parquet"):
        measure_zero_shot(
            tmp_path / "zero.parquet",
            class_ids=("crane",),
            queries=[write(tmp_path / "crane.parquet", np.eye(3), ["crane"] * 3)],
            prompts=write(tmp_path / "prompts.parquet", np.eye(2), ["crane"] * 2),
            draws=10,
            metadata={},
        )
