"""Pairs of image and caption in a CSV file, and what is said of a bad one."""

from pathlib import Path

import pytest
from PIL import Image

from synthgap.errors import InputError
from synthgap.image_sets.pairs import picture, problem, read_pairs


@pytest.fixture
def table(tmp_path: Path) -> Path:
    Image.new("RGB", (4, 4), "red").save(tmp_path / "a.png")
    (tmp_path / "deep").mkdir()
    Image.new("L", (4, 4), 9).save(tmp_path / "deep/b.png")
    file = tmp_path / "pairs.csv"
    file.write_text('file,caption\na.png,"a crane, red"\ndeep/b.png, an owl \n')
    return file


def test_files_are_named_from_the_folder_of_the_table(table):
    pairs = read_pairs(table)
    assert [pair.caption for pair in pairs] == ["a crane, red", "an owl"]
    assert [picture(pair, table).mode for pair in pairs] == ["RGB", "RGB"]
    assert problem(str(table), 2, "") is None


@pytest.mark.parametrize(
    ("content", "least", "said"),
    [
        (None, 2, "cannot be read"),
        ("file,text\na.png,x\n", 1, "no column caption"),
        ("file,caption\n", 1, "no rows"),
        ("file,caption\na.png,\n", 1, "line 2: no caption"),
        ("file,caption\na.png,x\n", 2, "has 1 pairs, but a step takes 2; list more"),
        ("file,caption\na.png,x\nc.png,y\n", 2, "line 3: there is no file"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(table, content, least, said):
    table.unlink() if content is None else table.write_text(content)
    found = problem(str(table), least, f"a step takes {least}")
    assert found is not None
    assert said in found
    assert "\n" not in found
    assert str(table) in found


def test_an_unreadable_image_is_named_with_its_line(table):
    (table.parent / "a.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"pairs.csv: line 2: .*a.png cannot be used \(.*\)"):
        picture(read_pairs(table)[0], table)
