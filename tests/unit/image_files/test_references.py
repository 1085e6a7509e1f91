"""Where an image lies, as text: files may be called anything."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from synthgap.image_files import byte_ranges, parquet_rows
from synthgap.image_files.decoding import UnreadableError, encoded
from synthgap.image_files.references import file_of, of_file

PARTS = (
    "a",
    ".png",
    "#",
    "#file",
    "#offset=",
    "1",
    "&length=",
    "#row=",
    "&column=",
    "x",
    "%23",
    "\n",
)


@given(st.lists(st.sampled_from(PARTS), min_size=1).map("".join))
@example("a.png#offset=1&length=2")
@example("a#row=1&column=b")
@example("a#file")
@example("a#row=1&column=b#file")
def test_a_file_is_always_read_as_a_file(path):
    place = of_file(path)
    assert byte_ranges.parse(place) is None
    assert parquet_rows.parse(place) is None
    assert file_of(place) == path


@given(
    st.lists(st.sampled_from(PARTS), min_size=1).map("".join),
    st.integers(0, 10**18 - 1),
    st.lists(st.sampled_from(PARTS), min_size=1).map("".join),
)
def test_stretches_and_rows_come_back_whatever_files_and_columns_are_called(file, number, column):
    row = parquet_rows.Row(file, number, column)
    assert parquet_rows.parse(str(row)) == row
    assert byte_ranges.parse(str(row)) is None
    stretch = byte_ranges.Reference(file, number, number)
    assert byte_ranges.parse(str(stretch)) == stretch
    assert parquet_rows.parse(str(stretch)) is None


def test_what_earlier_versions_wrote_is_read_as_before():
    assert byte_ranges.parse("d/a.parquet#offset=4&length=20") == ("d/a.parquet", 4, 20)
    assert parquet_rows.parse("d/a.parquet#row=3&column=a.b c") == ("d/a.parquet", 3, "a.b c")
    assert file_of("photos/a b#1.png") == "photos/a b#1.png"


def test_files_that_are_called_as_places_are_files(tmp_path: Path) -> None:
    for name in ("x.png#offset=1&length=2", "a#row=1&column=b", "b#file", "c.png"):
        (tmp_path / name).write_bytes(name.encode())
        assert encoded({"bytes": None, "path": of_file(f"{tmp_path}/{name}")}) == name.encode()


@pytest.mark.parametrize(
    "stretch",
    ["offset=0&length=9999999999999", f"offset={10**18 - 1}&length=10", "offset=5&length=1"],
)
def test_a_stretch_is_held_against_the_file_before_memory_is_taken(stretch, tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"12345")
    tracemalloc.start()
    with pytest.raises(UnreadableError, match=r"a\.parquet: ends \d+ bytes before the image"):
        encoded({"bytes": None, "path": f"{tmp_path}/a.parquet#{stretch}"})
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()
