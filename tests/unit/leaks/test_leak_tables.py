"""Planted copies are found among photographs, listed and told of; other photographs are not."""

import hashlib
import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image, ImageEnhance
from sklearn.datasets import load_sample_images

from synthgap.leaks.perceptual_hash import perceptual_hash
from synthgap.leaks.tables import hashes, leaks_table, natural_tables
from synthgap.summary.leaks import summary_tables
from synthgap.summary.said_of_leaks import sentences
from synthgap.summary.verdict import verdict
from synthgap.tables import IMAGES, write, write_embeddings

CLASSES = ("china", "flower")
FIRST = 50
"""Natural image that is copied first. Before it there is sky, whose hash says little."""

SIDE = 40


def patches(number):
    """Parts of a photograph that do not overlap."""
    photograph = Image.fromarray(load_sample_images().images[number])
    return [
        photograph.crop((left, top, left + SIDE, top + SIDE))
        for top in range(0, photograph.height - SIDE, SIDE)
        for left in range(0, photograph.width - SIDE, SIDE)
    ]


def features(picture):
    """What stands for an encoder: colours of 6 × 6 parts."""
    return np.asarray(picture.resize((6, 6), Image.Resampling.BOX), np.float64).ravel() - 128


def encoded(picture, kind="PNG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def as_jpeg(picture):
    return Image.open(io.BytesIO(encoded(picture, "JPEG", quality=75))).convert("RGB")


COPIED = {
    "saved anew": as_jpeg,
    "larger": lambda picture: picture.resize((SIDE + 5, SIDE + 3), Image.Resampling.BICUBIC),
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.04),
}


class Study:
    """Image tables, and embeddings of some sources in a folder."""

    def __init__(self, folder):
        self.folder, self.found = folder, {}

    def images(self, source):
        return [self.folder / source / f"{class_id}.parquet" for class_id in CLASSES]

    def leaks(self, source):
        return self.folder / f"leaks/{source}.parquet"

    def add(self, source, *of_classes, flags=()):
        embeddings = {
            name: [self.folder / f"embeddings/{name}/{class_id}.parquet" for class_id in CLASSES]
            for name in (source, "natural-train")
        }
        for number, (class_id, images) in enumerate(zip(CLASSES, of_classes, strict=True)):
            rows = [
                {
                    "image": {"bytes": encoded(picture), "path": f"{source}/{index}"},
                    "class_id": class_id,
                    "index": index,
                    "key": f"{source} {index}",
                    "sha256": hashlib.sha256(encoded(picture)).hexdigest(),
                    "flag": "black" if index in flags else None,
                }
                for index, picture in enumerate(images)
            ]
            table = pa.Table.from_pylist(rows, schema=IMAGES)
            write(table, self.images(source)[number], {})
            vectors = np.array([features(picture) for picture in images])
            write_embeddings(embeddings[source][number], table, vectors, {})
        if source == "natural-train":
            thresholds, table = natural_tables(embeddings[source], self.images(source), 2)
            write(thresholds, self.folder / "thresholds.parquet", {})
        else:
            table = leaks_table(
                embeddings[source],
                embeddings["natural-train"],
                self.images(source),
                self.images("natural-train"),
                self.folder / "thresholds.parquet",
                2,
            )
        write(table, self.leaks(source), {})
        self.found[source] = table.to_pandas()
        return self.found[source]

    def summary(self):
        counts, listed = summary_tables(
            {source: self.leaks(source) for source in self.found},
            self.folder / "thresholds.parquet",
            {source: self.images(source) for source in self.found},
        )
        return counts.to_pandas(), listed.to_pandas()


TRAIN, OTHER = ([patches(number)[start::2] for number in range(len(CLASSES))] for start in (0, 1))


@pytest.fixture
def study(tmp_path):
    study = Study(tmp_path)
    study.add("natural-train", *TRAIN)
    return study


def with_copies(change, count=12):
    """Other parts of the photographs, before which some of natural-train stand, changed."""
    return [
        [change(picture) for picture in train[FIRST : FIRST + count]] + other[: 40 - count]
        for train, other in zip(TRAIN, OTHER, strict=True)
    ]


@pytest.mark.parametrize("change", COPIED)
def test_copies_are_found_and_others_are_not(change, study):
    study.add("natural-val", *(other[40:] for other in OTHER))
    found = study.add("made", *with_copies(COPIED[change]))
    copies = found["index"] < 12
    right = found["natural_index"] == found["index"] + FIRST
    assert (found["near_duplicate"] & right)[copies].mean() > 0.8
    assert found["near_duplicate"][~copies].mean() < 0.05
    counts, listed = study.summary()
    counts = counts.set_index("source")
    assert counts["decided"].to_dict() == {
        "natural-train": None,
        "natural-val": False,
        "made": True,
    }
    assert counts.loc["made", "near_duplicates"] == found["near_duplicate"].sum()
    (said,) = sentences(counts.reset_index())
    assert said.startswith(f"made: {found['near_duplicate'].sum()} of 80 images are near-dupl")
    assert said.endswith("; it copies natural images.")
    assert "where chance gives 0.0 [0, " in said
    of_made = listed[listed["source"] == "made"]
    assert len(of_made) == found["near_duplicate"].sum()
    assert of_made["hash_distance"].is_monotonic_increasing
    first = of_made.iloc[0]
    assert first["path"] == f"made/{first['index']}"
    assert first["natural_path"] == f"natural-train/{first['natural_index']}"


def test_natural_val_that_lies_in_natural_train_is_told_of_in_its_own_words(study):
    study.add("natural-val", *with_copies(as_jpeg))
    counts, _ = study.summary()
    (said,) = sentences(counts)
    assert said.startswith("natural-val: ")
    assert said.endswith("lies in natural-train in part, and accuracies on it are too high.")


def test_an_unnatural_set_has_none(study):
    rng = np.random.default_rng(0)
    noise = [
        [Image.fromarray(rng.integers(0, 256, (SIDE, SIDE, 3), np.uint8)) for _ in range(9)]
        for _ in CLASSES
    ]
    assert not study.add("made", *noise)["near_duplicate"].any()
    assert sentences(study.summary()[0]) == []


def test_one_image_that_is_copied_often_is_one_event(study):
    most = study.found["natural-train"]
    assert most["near_duplicate"].mean() < 0.05
    changed = [
        ImageEnhance.Brightness(TRAIN[0][FIRST]).enhance(1 + step / 500) for step in range(1, 16)
    ]
    study.add("made", changed, OTHER[1][:15])
    counts = study.summary()[0].set_index("source").loc["made"]
    assert counts["near_duplicates"] > 10
    assert counts["originals"] < 5
    assert counts["decided"] is False or not counts["decided"]


def test_what_is_no_picture_or_equals_another_is_not_looked_at(study):
    found = study.add(
        "made", [*OTHER[0][:4], OTHER[0][0]], [*OTHER[1][:4], OTHER[1][0]], flags=(1,)
    )
    assert found["index"].tolist() == [0, 2, 3] * 2


def test_natural_images_that_repeat_each_other_decide_nothing(tmp_path):
    twice = Study(tmp_path / "twice")
    found = twice.add("natural-train", *([*train, *train[:9]] for train in TRAIN))
    assert len(found) == sum(len(train) - 9 for train in TRAIN)


def test_a_set_of_two_images_fails_nowhere(tmp_path):
    study = Study(tmp_path)
    assert len(study.add("natural-train", TRAIN[0][:1], TRAIN[1][:1])) == 0
    study.add("made", OTHER[0][:1], [as_jpeg(TRAIN[1][0])])
    counts, _ = study.summary()
    assert counts["near_duplicates"].tolist() == [0, 0]
    assert counts["expected"].isna().all()
    assert sentences(counts) == []


def test_hashes_come_in_the_order_that_was_asked_for(study):
    table = study.images("natural-train")[0]
    rows = np.array([70, 3, 3, 64, 0])
    expected = [perceptual_hash(TRAIN[0][row]) for row in rows]
    assert (hashes(table, rows) == np.array(expected)).all()


def test_the_verdict_says_so(study):
    study.add("made", *with_copies(as_jpeg))
    counts, _ = study.summary()
    variants = pd.DataFrame({"encoder": "clip", "source": ["natural-train", "made"]})
    differences = pd.DataFrame(columns=["encoder", "classifier", "measure", "source", "other"])
    causes = pd.DataFrame(columns=["encoder", "source", "cause", "classes", "suffer"])
    said = verdict(variants, differences, causes, "clip", counts)
    assert [text for text in said if "near-dup" in text] == sentences(counts)
