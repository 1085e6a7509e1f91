"""Where the images of a Parquet file lie, against what pyarrow reads from it."""

import threading

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synthgap import tables
from synthgap.errors import InputError
from synthgap.image_files import byte_ranges as places

RANDOM = np.random.default_rng(0)
IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def noise(length: int) -> bytes:
    return RANDOM.bytes(length)


def write(path, images, **layout):
    cells = [None if image is None else {"bytes": image, "path": "p"} for image in images]
    table = pa.table({"n": range(len(cells)), "image": pa.array(cells, IMAGE)})
    pq.write_table(table, path, **{"compression": "none", "use_dictionary": False, **layout})
    return path


def read_back(path, column="image.bytes"):
    found = places.byte_ranges(path, column)
    return found and [place and places.read(path, *place) for place in found]


SMALL = [noise(length) for length in RANDOM.integers(1, 3000, 60)]
BIG = [noise(length) for length in RANDOM.integers(5000, 90000, 60)]
CASES = {
    "small, all in the pages' statistics as well": SMALL,
    "of several pages": BIG,
    "equal ones": [BIG[0], BIG[1], BIG[0], BIG[0], BIG[2], BIG[1]],
    "a prefix of the next": [BIG[0][:100], BIG[0], BIG[0] + b"x", BIG[0][:99], BIG[1]],
    "a part of one before": [BIG[0], BIG[0][200:300], BIG[1]],
    "null cells": [None, BIG[0], None, None, BIG[1], BIG[0], None],
    "nothing but null cells": [None, None],
    "empty ones": [b"", BIG[0], b"", BIG[1]],
    "of one byte each": [b"a", b"b", b"a", b"\0", b"c"],
    "no rows": [],
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    "layout",
    [
        {},
        {"row_group_size": 2},
        {"use_dictionary": True},
        {"use_dictionary": True, "dictionary_pagesize_limit": 2000, "data_page_size": 1000},
        {"data_page_version": "2.0", "data_page_size": 3000, "write_batch_size": 1},
    ],
    ids=["plain", "row groups", "dictionary", "dictionary given up", "second page version"],
)
def test_each_place_holds_the_row_s_image(case, layout, tmp_path):
    path = write(tmp_path / "t.parquet", CASES[case], **layout)
    assert read_back(path) == CASES[case]


def test_a_null_bytes_field_is_a_null_cell(tmp_path):
    cells = [{"bytes": None, "path": "a.png"}, {"bytes": BIG[0], "path": None}]
    table = pa.table({"image": pa.array(cells, IMAGE)})
    pq.write_table(table, tmp_path / "t.parquet", compression="none")
    assert read_back(tmp_path / "t.parquet") == [None, BIG[0]]


def test_the_column_can_be_another(tmp_path):
    pq.write_table(pa.table({"jpg": BIG}), tmp_path / "t.parquet", compression="none")
    assert read_back(tmp_path / "t.parquet", "jpg") == BIG


@pytest.mark.parametrize(
    "layout",
    [{"compression": "zstd"}, {"compression": "snappy"},
     {"column_encoding": {"image.bytes": "DELTA_LENGTH_BYTE_ARRAY"}},
     {"column_encoding": {"image.bytes": "DELTA_BYTE_ARRAY"}}],
)  # fmt: skip
def test_a_column_that_is_not_verbatim_has_no_places(layout, tmp_path):
    assert places.byte_ranges(write(tmp_path / "t.parquet", BIG, **layout)) is None


def test_image_tables_of_this_project_have_places(tmp_path):
    rows = [
        {"image": {"bytes": image, "path": f"c/{index}"}, "class_id": "c", "index": index}
        for index, image in enumerate(BIG)
    ]
    path = tmp_path / "t.parquet"
    tables.write(pa.Table.from_pylist(rows, schema=tables.IMAGES), path, {"study": "tiny"})
    assert read_back(path) == BIG
    file = pq.ParquetFile(path).metadata.row_group(0)
    chunks = [file.column(number) for number in range(file.num_columns)]
    kept = {chunk.path_in_schema: chunk.compression for chunk in chunks}
    assert kept.pop("image.bytes") == "UNCOMPRESSED"
    assert set(kept.values()) == {"ZSTD"}


def test_row_groups_of_image_tables_are_of_moderate_size(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "ROW_GROUP_BYTES", 500_000)
    rows = [{"image": {"bytes": image, "path": "p"}} for image in BIG]
    path = tmp_path / "t.parquet"
    tables.write(pa.Table.from_pylist(rows, schema=tables.IMAGES), path, {})
    file = pq.ParquetFile(path).metadata
    sizes = [file.row_group(group).total_byte_size for group in range(file.num_row_groups)]
    assert sum(map(len, BIG)) / 500_000 <= len(sizes) <= 10
    assert max(sizes) < 900_000
    assert read_back(path) == BIG


def test_references_are_text_and_come_back():
    for reference in (
        places.Reference("a/b.parquet", 0, 1),
        places.Reference("x #offset=1&length=2.parquet", 2**40, 7),
    ):
        assert places.parse(str(reference)) == reference
    for path in ("a.png", "a.parquet#row=3", "a#offset=1", "#offset=1&length=2"):
        assert places.parse(path) is None


def test_many_threads_read_at_once(tmp_path):
    path = write(tmp_path / "t.parquet", BIG)
    found = places.byte_ranges(path)
    wrong: list[int] = []

    def work(start: int) -> None:
        for number in range(200):
            row = (start * 7 + number * 11) % len(BIG)
            if places.read(path, *found[row]) != BIG[row]:
                wrong.append(row)

    threads = [threading.Thread(target=work, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize(
    ("content", "fragment"), [(None, "cannot be read"), (b"short", "ends 15 bytes before")]
)
def test_a_file_that_changed_is_named(content, fragment, tmp_path):
    path = tmp_path / "t.parquet"
    if content:
        path.write_bytes(content)
    with pytest.raises(InputError, match=fragment) as caught:
        places.read(path, 2, 18)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_table_or_has_no_such_column_is_named(tmp_path):
    (tmp_path / "no.parquet").write_bytes(b"no table")
    with pytest.raises(InputError, match="not a readable Parquet table"):
        places.byte_ranges(tmp_path / "no.parquet")
    write(tmp_path / "t.parquet", BIG[:1])
    with pytest.raises(InputError, match="has no column jpg"):
        places.byte_ranges(tmp_path / "t.parquet", "jpg")
