"""The table of chosen scales, from tables of hits and predictions on disk."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthgap.described import metadata_of_columns
from synthgap.measures.tables.natural_hits import SCHEMA
from synthgap.summary.classifiers import Training
from synthgap.summary.guidance import COLUMNS, guidance_table, halves
from synthgap.summary.sweeps import Sweep
from synthgap.tables import write, write_with_csv

SCALES = (1.0, 2.5, 7.5)
NAMES = {"n1": "crane", "n2": "crane", "n3": "owl"}
SWEEP = Sweep("sd15", "disamb", tuple(f"disamb-{scale:g}" for scale in SCALES), SCALES)
TRAIN, VAL = 12, 8
"""Images a class."""

# By scale and class: 7.5 suits the last class, 2.5 the others.
CHANCES = np.array([[0.5, 0.5, 0.5], [0.9, 0.9, 0.4], [0.3, 0.3, 1.0]])


def hits(folder: Path, source: str, chances: np.ndarray, knn: bool = True) -> Path:
    rng = np.random.default_rng(len(source) + int(1000 * chances.sum()))
    rows = []
    for part, n in (("natural-train", TRAIN), ("natural-val", VAL)):
        for class_id, chance in zip(NAMES, chances, strict=True):
            # As many as the chance says, so that the best scale is known.
            right = rng.permutation(np.arange(n) < round(chance * n))
            rows += [
                {
                    "part": part,
                    "class_id": class_id,
                    "centroid_accuracy": bool(hit),
                    "knn_accuracy": bool(hit) if knn else None,
                }
                for hit in right
            ]
    path = folder / f"{source}.parquet"
    write(pa.Table.from_pylist(rows, schema=SCHEMA), path, {})
    return path


def training(folder: Path, source: str, chances: np.ndarray, number: int) -> Training:
    paths = []
    for seed in (0, 1):
        rng = np.random.default_rng([number, seed])
        rows = [
            {"class_id": class_id, "index": index, "rank": int(rng.random() > chance)}
            for class_id, chance in zip(NAMES, chances, strict=True)
            for index in range(VAL)
        ]
        paths.append(folder / f"{source}-{seed}.parquet")
        write(pa.Table.from_pylist(rows), paths[-1], {})
    return Training("resnet", source, (source,), paths)


@pytest.fixture
def table(tmp_path: Path) -> pd.DataFrame:
    found = {
        ("clip", source): hits(tmp_path, source, chances)
        for source, chances in zip(SWEEP.sources, CHANCES, strict=True)
    }
    trainings = [
        training(tmp_path, source, chances, number)
        for number, (source, chances) in enumerate(zip(SWEEP.sources, CHANCES, strict=True))
    ]
    mixed = trainings[0]._replace(training_set="mixed", sources=("natural-train", SWEEP.sources[0]))
    written = guidance_table([SWEEP], found, [mixed, *trainings], NAMES, 200)
    write_with_csv(written, tmp_path / "guidance.parquet", {})
    said = metadata_of_columns(tmp_path / "guidance.parquet")
    assert all(said[column]["description"] for column in COLUMNS)
    assert len(pd.read_csv(tmp_path / "guidance.csv")) == written.num_rows
    return written.to_pandas()


def test_each_accuracy_has_a_row_for_all_classes_and_for_each(table):
    kinds = table[["encoder", "classifier", "measure"]].astype(object)
    assert [tuple(row) for row in kinds.where(kinds.notna(), None).to_numpy()] == [
        *[("clip", None, "centroid_accuracy")] * 4,
        *[("clip", None, "knn_accuracy")] * 4,
        *[(None, "resnet", "top1")] * 4,
    ]
    assert table["class_id"].isna().sum() == 3
    assert list(table["class_id"][1:4]) == list(NAMES)
    assert list(table["name"][1:4]) == list(NAMES.values())
    assert (table["scales"] == 3).all()


def test_the_best_scale_is_chosen_on_natural_train_and_asked_of_natural_val(table):
    knn = table[table["measure"] == "knn_accuracy"].reset_index(drop=True)
    assert (knn["chosen_on"] == "natural-train").all()
    assert list(knn["scale"]) == [2.5, 2.5, 2.5, 7.5]
    all_classes, last = knn.iloc[0], knn.iloc[3]
    there = [round(chance * TRAIN) / TRAIN for chance in CHANCES[1]]
    here = [round(chance * VAL) / VAL for chance in CHANCES[1]]
    assert all_classes["accuracy_where_chosen"] == pytest.approx(np.mean(there))
    assert all_classes["accuracy"] == pytest.approx(np.mean(here))
    assert all_classes["accuracy_low"] < all_classes["accuracy"] < all_classes["accuracy_high"]
    # The paper's scale is the chosen one.
    assert all_classes["reference_scale"] == 2.5
    assert all_classes["minus_reference"] == all_classes["minus_reference_high"] == 0
    assert last["reference_scale"] == 2.5
    assert last["minus_reference"] == pytest.approx(1 - here[2])
    assert last["minus_reference_low"] > 0
    assert all_classes["per_class_gain"] == pytest.approx((1 - here[2]) / 3)
    assert all_classes["per_class_gain_low"] > 0
    assert knn["per_class_gain"][1:].isna().all()
    assert (knn["scale_low"] <= knn["scale"]).all()
    assert (knn["scale"] <= knn["scale_high"]).all()
    shares = all_classes["draws_by_scale"].split(", ")
    assert [share.split(": ")[0] for share in shares] == ["1", "2.5", "7.5"]


def test_trained_classifiers_choose_on_half_of_natural_val(table, tmp_path):
    top1 = table[table["measure"] == "top1"].reset_index(drop=True)
    assert (top1["chosen_on"] == "half of natural-val").all()
    labels = np.repeat(np.arange(3), VAL)
    half = halves(labels, list(NAMES))
    assert np.bincount(labels[half]).tolist() == [VAL // 2] * 3
    right = np.mean(
        [
            [pd.read_parquet(tmp_path / f"{source}-{seed}.parquet")["rank"] == 0 for seed in (0, 1)]
            for source in SWEEP.sources
        ],
        axis=1,
    )
    best = int(right[:, half].mean(axis=1).argmax())
    assert top1["scale"][0] == SCALES[best]
    assert top1["accuracy_where_chosen"][0] == pytest.approx(right[best, half].mean())
    assert top1["accuracy"][0] == pytest.approx(right[best, ~half].mean())


def test_an_accuracy_that_was_not_measured_has_no_rows(tmp_path):
    found = {
        ("clip", source): hits(tmp_path, source, chances, knn=False)
        for source, chances in zip(SWEEP.sources, CHANCES, strict=True)
    }
    two = [training(tmp_path, source, CHANCES[0], 0) for source in SWEEP.sources[:2]]
    written = guidance_table([SWEEP], found, two, NAMES, 200)
    assert set(written["measure"].to_pylist()) == {"centroid_accuracy"}


def test_the_paper_s_scale_is_no_reference_where_it_was_not_tried(tmp_path):
    other = SWEEP._replace(scales=(1.0, 3.0, 7.5))
    found = {("clip", source): hits(tmp_path, source, CHANCES[0]) for source in SWEEP.sources}
    first = guidance_table([other], found, [], NAMES, 200).to_pylist()[0]
    assert first["reference_scale"] is first["minus_reference"] is None
