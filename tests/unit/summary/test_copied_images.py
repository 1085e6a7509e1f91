"""Copies of each source, counted by the hashes of image tables."""

import time
from collections import Counter

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgap import tables
from synthgap.command_line.headline import show
from synthgap.errors import InputError
from synthgap.summary.copied_images import COLUMNS, KINDS, copies_table, sentences

CLASSES = ("crane", "owl")


def write(folder, source, *contents):
    """Image tables of a source: of each class a word an image, which stands for its content."""
    paths = []
    for class_id, words in zip(CLASSES, contents, strict=False):
        rows = [{"class_id": class_id, "sha256": word} for word in words]
        paths.append(folder / source / f"{class_id}.parquet")
        tables.write(pa.Table.from_pylist(rows, schema=tables.IMAGES), paths[-1], {})
    return paths


@pytest.fixture
def natural(tmp_path):
    return {
        "natural-train": write(tmp_path, "natural-train", "abcd", "efgh"),
        "natural-val": write(tmp_path, "natural-val", "ij", "kl"),
    }


def counted(folder, natural, *contents, limit=None):
    return copies_table("made", write(folder, "made", *contents), natural, limit).to_pandas()


def test_each_kind_is_counted_by_class_and_together(tmp_path, natural):
    # Of the cranes: one twice, one that is an owl too, one of natural-train, one of natural-val.
    found = counted(tmp_path, natural, "xxyzci", "zwel")
    assert list(found) == list(COLUMNS)
    assert found.drop(columns=["source", "class_id"]).to_numpy().tolist() == [
        [10, 8, 1, 2, 2, 2, 7],
        [6, 5, 1, 1, 1, 1, 4],
        [4, 4, 0, 1, 1, 1, 3],
    ]
    assert [None if pd.isna(name) else name for name in found["class_id"]] == [None, *CLASSES]
    assert sentences(found) == [
        "made: 7 of 10 images are copies, byte for byte (1 of an earlier image of the class, 2 of "
        "an image of another class, 2 of natural-train, 2 of natural-val)."
    ]


def test_an_image_that_is_a_copy_in_two_ways_counts_once(tmp_path, natural):
    found = counted(tmp_path, natural, "aaa", "a")
    assert found["copies"].tolist() == [4, 3, 1]
    assert found["of_natural_train"].tolist() == [4, 3, 1]


def test_both_parts_of_the_natural_images_show_what_they_share(tmp_path):
    train = write(tmp_path, "natural-train", "abcd", "efgh")
    val = write(tmp_path, "natural-val", "az", "kl")
    of_train = copies_table("natural-train", train, {"natural-val": val}, None).to_pandas()
    of_val = copies_table("natural-val", val, {"natural-train": train}, None).to_pandas()
    assert of_train["of_natural_val"].tolist() == [1, 1, 0]
    assert of_val["of_natural_train"].tolist() == [1, 1, 0]
    assert of_train["of_natural_train"].isna().all()
    with pytest.raises(InputError) as caught:
        copies_table("natural-val", val, {"natural-train": train}, 0.05)
    assert str(caught.value) == (
        "natural-val, crane: 1 of 2 images are copies, byte for byte (1 of natural-train); remove "
        "them, or raise max_copies, which is 0.05"
    )
    # Of natural-train it is a quarter.
    copies_table("natural-train", train, {"natural-val": val}, 0.25)


def test_a_byte_copy_of_natural_train_is_refused(tmp_path, natural):
    with pytest.raises(InputError, match=r"^made, crane: 4 of 4 .* \(4 of natural-train\)"):
        counted(tmp_path, natural, "abcd", "efgh", limit=0.05)
    assert counted(tmp_path, natural, "abcd", "efgh", limit=1)["copies"].tolist() == [8, 4, 4]


def test_a_limit_of_nothing_allows_none(tmp_path, natural):
    assert counted(tmp_path, natural, "xy", "z", limit=0)["copies"].tolist() == [0, 0, 0]
    with pytest.raises(InputError, match=r"made, owl: 1 of 2"):
        counted(tmp_path, natural, "xy", "zz", limit=0)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(alphabet="abcxyz", max_size=6), min_size=2, max_size=2))
def test_counts_are_those_of_plain_loops(tmp_path_factory, words):
    folder = tmp_path_factory.mktemp("sets")
    natural = {"natural-train": write(folder, "natural-train", "ab", "cc")}
    found = counted(folder, natural, *words)
    all_words = "".join(words)
    expected = []
    for number, own in enumerate(words):
        other = words[1 - number]
        repeated = [own[:place].count(word) > 0 for place, word in enumerate(own)]
        elsewhere = [word in other for word in own]
        train = [word in "abcc" for word in own]
        copies = [any(kinds) for kinds in zip(repeated, elsewhere, train, strict=True)]
        expected.append(
            [len(own), len(Counter(own)), sum(repeated), sum(elsewhere), sum(train), sum(copies)]
        )
    together = np.sum(expected, axis=0)
    together[1] = len(set(all_words))
    shown = found.drop(columns=["source", "class_id", "of_natural_val"]).to_numpy(dtype=int)
    assert shown.tolist() == [together.tolist(), *expected]


def test_the_csv_and_the_descriptions(tmp_path, natural):
    table = copies_table("made", write(tmp_path, "made", "ab", "x"), natural, None)
    tables.write_with_csv(table, tmp_path / "copies.parquet", {})
    csv = pd.read_csv(tmp_path / "copies.csv")
    assert csv["of_natural_train"].tolist() == [2, 2, 0]
    fields = tables.read(tmp_path / "copies.parquet").schema
    assert b"too" in fields.field("of_natural_val").metadata[b"description"]
    assert set(KINDS) < set(COLUMNS)


def test_nothing_is_said_where_there_are_none(tmp_path, natural):
    assert sentences(counted(tmp_path, natural, "xy", "z")) == []


def test_a_hundred_thousand_images_take_seconds(tmp_path):
    """Of ImageNet's 1.28 million in 1,000 tables docs/ARCHITECTURE.md says the time."""
    rng = np.random.default_rng(0)
    paths = []
    for number in range(100):
        rows = pa.table(
            {
                name: pa.array([rng.bytes(32).hex() for _ in range(1000)])
                if name == "sha256"
                else pa.nulls(1000, tables.IMAGES.field(name).type)
                for name in tables.IMAGES.names
            },
            schema=tables.IMAGES,
        )
        paths.append(tmp_path / f"c{number}.parquet")
        tables.write(rows, paths[-1], {})
    before = time.monotonic()
    table = copies_table("made", paths, {"natural-train": paths}, None)
    assert time.monotonic() - before < 10
    assert table["of_natural_train"][0].as_py() == 100_000
    assert table["repeated"][0].as_py() == 0


def test_the_headline_says_which_sources_hold_copies(tmp_path, natural, capsys):
    made = copies_table("made", write(tmp_path, "made", "ab", "x"), natural, None)
    tables.write(made, tmp_path / "summary/copies.parquet", {})
    variants = pd.DataFrame({"source": ["made"], "encoder": "clip", "n": 2, "images": 3})
    variants.to_parquet(tmp_path / "summary/variants.parquet")
    show(str(tmp_path))
    said = "made: 2 of 3 images are copies, byte for byte (2 of natural-train)."
    assert f"\n\nCopies:\n  {said}\n\nTables:" in capsys.readouterr().out
