"""Copies within a class, as its images are read."""

import shutil

import pytest
from encoding import encode, noise

from synthgap import tables
from synthgap.classes import Category
from synthgap.errors import InputError
from synthgap.image_sets.copies import check_copies, check_within
from synthgap.image_sets.image_table import read_images
from synthgap.image_sets.listed_files import ListedFiles

OWL = Category(class_id="owl", name="owl")


def read(folder, text, max_copies):
    (folder / "list.csv").write_text(text)
    read_images(
        ListedFiles(kind="table", table=str(folder / "list.csv")),
        OWL,
        index=None,
        images=folder / "images.parquet",
        quarantine=folder / "aside.parquet",
        least=3,
        max_unreadable=0,
        max_copies=max_copies,
        threads=1,
        metadata={},
    )
    return tables.read(folder / "images.parquet")


@pytest.fixture
def folder(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(encode(noise(seed=number)))
    shutil.copy(tmp_path / "2.png", tmp_path / "x.png")
    return tmp_path


def test_one_file_that_is_listed_again_and_again_is_refused(folder):
    text = "class_id,file\n" + 4 * "owl,1.png\n"
    with pytest.raises(InputError) as caught:
        read(folder, text, 0.05)
    assert str(caught.value) == (
        f"{folder}/list.csv (class owl): 3 of 4 images are copies, byte for byte (3 of an earlier "
        f"image of the class, as {folder}/1.png is listed twice); remove them, or raise "
        "max_copies, which is 0.05"
    )
    assert not (folder / "images.parquet").exists()
    assert len(read(folder, text, 0.75)) == 4


def test_a_file_under_two_names_is_a_copy(folder):
    text = "class_id,file\nowl,0.png\nowl,1.png\nowl,2.png\nowl,x.png\n"
    with pytest.raises(
        InputError, match=r"1 of 4 .*, as \S+/x\.png is \S+/2\.png\); remove them, or "
    ):
        read(folder, text, 0.2)
    assert len(read(folder, text, 0.25)) == 4


def test_the_limit_itself_is_allowed():
    kinds = {"of natural-train": 5, "of natural-val": 0}
    check_copies("here", 100, 5, kinds, 0.05)
    with pytest.raises(
        InputError, match=r"^here: 5 of 100 .* \(5 of natural-train\); .* is 0\.049$"
    ):
        check_copies("here", 100, 5, kinds, 0.049)
    check_within("here", [("a", "1"), ("b", "2")], 0)
