"""Copies of Parquet files in which images are not compressed."""

import subprocess
import sys
from pathlib import Path

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from encoding import encode, noise, pixels

from synthgap.errors import InputError
from synthgap.image_files import uncompressed
from synthgap.image_files.byte_ranges import byte_ranges
from synthgap.image_files.uncompressed import COPIED_FROM, copy_uncompressed

ROWS = 150


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """A file as `datasets` wrote it before 2026: compressed, and with a dictionary."""
    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=["owl", "kite"])}
    )
    rows = {
        "image": [
            {"bytes": encode(noise(6, 5, seed=n), "BMP"), "path": f"{n}.bmp"} for n in range(ROWS)
        ],
        "label": [n % 2 for n in range(ROWS)],
    }
    rows["image"][7] = None
    table = datasets.Dataset.from_dict(rows, features=features).data.table
    lists = pa.array([[f"{n}", "x"] for n in range(ROWS)])
    path = tmp_path / "in/train-0.parquet"
    path.parent.mkdir()
    pq.write_table(
        table.append_column("words", lists), path, compression="snappy", row_group_size=100
    )
    return path


def test_rows_and_metadata_stay_and_images_lie_as_they_are(packed, tmp_path, monkeypatch):
    monkeypatch.setattr(uncompressed, "ROW_GROUP_BYTES", 5_000)
    assert byte_ranges(packed) is None
    copy_uncompressed(tmp_path / "out", [packed])
    path = tmp_path / "out/train-0.parquet"
    before, after = pq.read_table(packed), pq.read_table(path)
    assert after.equals(before)
    assert after.schema.metadata == before.schema.metadata
    assert b"huggingface" in after.schema.metadata
    metadata, wanted = (dict(pq.read_metadata(file).metadata) for file in (path, packed))
    assert len(metadata.pop(COPIED_FROM.encode())) == 64
    assert metadata[b"huggingface"] == wanted[b"huggingface"]
    assert metadata.keys() == wanted.keys()
    content = path.read_bytes()
    images = before["image"].to_pylist()
    for cell, place in zip(images, byte_ranges(path), strict=True):
        assert (place is None) == (cell is None)
        if place:
            assert content[place.offset : place.offset + place.length] == cell["bytes"]
    file = pq.ParquetFile(path)
    kinds = {
        file.metadata.row_group(group).column(number).path_in_schema: file.metadata.row_group(group)
        .column(number)
        .compression
        for group in range(file.num_row_groups)
        for number in range(file.metadata.num_columns)
    }
    assert kinds.pop("image.bytes") == "UNCOMPRESSED"
    assert not file.metadata.row_group(0).column(0).has_dictionary_page
    assert set(kinds.values()) == {"ZSTD"}
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [64, 64, 22]


def test_datasets_opens_the_copy(packed, tmp_path):
    copy_uncompressed(tmp_path / "out", [packed])
    shown = datasets.load_dataset(
        "parquet",
        data_files=str(tmp_path / "out/*.parquet"),
        split="train",
        cache_dir=str(tmp_path / "cache"),
    )
    assert shown.features["label"].names == ["owl", "kite"]
    assert np.array_equal(pixels(shown[3]["image"]), pixels(noise(6, 5, seed=3)))


def test_what_was_copied_is_not_copied_again(packed, tmp_path):
    copy_uncompressed(tmp_path / "out", [packed])
    copy = tmp_path / "out/train-0.parquet"
    before = copy.stat()
    copy_uncompressed(tmp_path / "out", [packed])
    assert copy.stat().st_mtime_ns == before.st_mtime_ns
    assert copy.stat().st_ino == before.st_ino
    pq.write_table(pq.read_table(packed).slice(1), packed)
    with pytest.raises(InputError, match=r"out/train-0\.parquet: is no copy of .*in/train-0"):
        copy_uncompressed(tmp_path / "out", [packed])


def test_what_cannot_be_copied_is_one_line_and_leaves_nothing(packed, tmp_path):
    def refused(*files, folder=tmp_path / "out"):
        with pytest.raises(InputError) as caught:
            copy_uncompressed(folder, files)
        assert "\n" not in str(caught.value)
        assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())
        return str(caught.value)

    before = packed.read_bytes()
    assert "would be written over; name another folder" in refused(packed, folder=packed.parent)
    assert packed.read_bytes() == before
    assert "2 files are called train-0.parquet" in refused(packed, packed)
    assert "no.parquet: not a readable Parquet file" in refused(tmp_path / "no.parquet")
    pq.write_table(pa.table({"image": ["a"]}), tmp_path / "text.parquet")
    assert "text.parquet: no column holds images" in refused(tmp_path / "text.parquet")
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(before[:40] + bytes(400) + before[440:])
    assert "damaged.parquet: cannot be copied to" in refused(damaged)


def test_it_is_a_command(packed, tmp_path):
    def called(*words):
        command = [sys.executable, "-m", "synthgap.image_files.uncompressed", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True)

    assert called().stderr.startswith("synthgap: name a folder and files")
    assert called(tmp_path / "out", packed).returncode == 0
    assert pq.read_table(tmp_path / "out/train-0.parquet").num_rows == ROWS
    done = called(tmp_path / "out", tmp_path / "gone.parquet")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
