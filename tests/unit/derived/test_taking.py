"""Rows of other tables, taken over: bytes stay where they are, and paths lead to them."""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from exports.image_tables import write_image_tables
from points import directions

from synthgap.derived.origin_table import COLUMNS
from synthgap.derived.taking import take_embeddings, take_images, take_prompts
from synthgap.described import described_table
from synthgap.errors import InputError
from synthgap.image_files.decoding import encoded
from synthgap.tables import IMAGES, read, read_embeddings, write, write_embeddings
from synthgap.training.index import Part, index_images

OF_ROW = ["class_id", "index", "prompt", "seed", "key", "sha256", "flag"]


def origin(path: Path, kept: dict[tuple[str, str], list[int]], size: int = 6) -> Path:
    """Of each source and class which images are kept."""
    rows = [
        {
            "class_id": class_id,
            "source": source,
            "index": index,
            "key": f"{class_id}/{index}",
            "kept": index in indices,
        }
        for (source, class_id), indices in kept.items()
        for index in range(size)
    ]
    write(described_table(rows, COLUMNS), path, {})
    return path


def contents(path: Path) -> list[bytes]:
    return [encoded(cell) for cell in read(path, ["image"])["image"].to_pylist()]


@pytest.mark.parametrize("files", [False, True])
def test_images_are_referred_to_where_they_lie(tmp_path, files):
    (table,) = write_image_tables(tmp_path, {"crane": 6}, files=files)
    chosen = origin(tmp_path / "origin.parquet", {("made", "crane"): [1, 4, 5]})
    path = tmp_path / "taken.parquet"
    take_images(path, origin=chosen, class_id="crane", images={"made": table}, metadata={})
    taken, whole = read(path), read(table).take([1, 4, 5])
    assert taken.schema.equals(IMAGES)
    assert taken.select(OF_ROW).equals(whole.select(OF_ROW))
    assert taken["image"].combine_chunks().field("bytes").null_count == 3
    assert contents(path) == [contents(table)[row] for row in (1, 4, 5)]
    # What reads for trainings finds them, too.
    index = index_images([Part(str(path), "half", None)])
    for row, expected in zip(index.to_pylist(), taken["sha256"].to_pylist(), strict=True):
        with open(row["path"], "rb") as file:
            file.seek(row["offset"] or 0)
            content = file.read(row["length"] or -1)
        assert hashlib.sha256(content).hexdigest() == expected == row["sha256"]


def test_what_is_taken_of_taken_images_leads_to_the_bytes_themselves(tmp_path):
    (table,) = write_image_tables(tmp_path, {"crane": 6})
    first, second = tmp_path / "first.parquet", tmp_path / "second.parquet"
    chosen = origin(tmp_path / "a.parquet", {("made", "crane"): [1, 4, 5]})
    take_images(first, origin=chosen, class_id="crane", images={"made": table}, metadata={})
    chosen = origin(tmp_path / "b.parquet", {("half", "crane"): [4, 5]})
    take_images(second, origin=chosen, class_id="crane", images={"half": first}, metadata={})
    first.unlink()
    assert contents(second) == contents(table)[4:]
    paths = [cell["path"] for cell in read(second)["image"].to_pylist()]
    assert all(path.startswith(f"{table}#offset=") for path in paths)


def test_images_of_a_compressed_table_are_referred_to_by_row(tmp_path):
    (table,) = write_image_tables(tmp_path, {"crane": 6})
    whole = read(table)
    pq.write_table(whole, table, compression="zstd")
    chosen = origin(tmp_path / "origin.parquet", {("made", "crane"): [0, 3]})
    path = tmp_path / "taken.parquet"
    take_images(path, origin=chosen, class_id="crane", images={"made": table}, metadata={})
    assert contents(path) == [whole["image"][row].as_py()["bytes"] for row in (0, 3)]


def test_an_image_that_became_another_ends_in_one_line(tmp_path):
    (table,) = write_image_tables(tmp_path, {"crane": 6})
    chosen = origin(tmp_path / "origin.parquet", {("made", "crane"): [6]}, size=7)
    with pytest.raises(InputError, match="image 6 is not what it was when images were chosen"):
        take_images(
            tmp_path / "taken.parquet",
            origin=chosen,
            class_id="crane",
            images={"made": table},
            metadata={},
        )


def embedded(path: Path, class_ids: list[str], points: np.ndarray) -> Path:
    indices = [class_ids[:row].count(name) for row, name in enumerate(class_ids)]
    keys = [f"{name}/{index}" for name, index in zip(class_ids, indices, strict=True)]
    source = pa.table({"class_id": class_ids, "index": pa.array(indices, pa.int32()), "key": keys})
    write_embeddings(path, source, points, {})
    return path


def test_embeddings_are_rows_of_the_sources(tmp_path):
    points = directions(0, 6, 4)
    table = embedded(tmp_path / "made.parquet", ["crane"] * 6, 3 * points)
    chosen = origin(tmp_path / "origin.parquet", {("made", "crane"): [1, 4, 5]})
    path = tmp_path / "taken.parquet"
    take_embeddings(path, origin=chosen, class_id="crane", embeddings={"made": table}, metadata={})
    assert (read_embeddings(path) == read_embeddings(table)[[1, 4, 5]]).all()
    assert read(path).schema.equals(read(table).schema)
    assert read(path)["norm"].to_pylist() == pytest.approx([3.0] * 3)


def test_prompts_are_those_of_each_class_s_source(tmp_path):
    names = ["crane", "crane", "owl"]
    tables = {
        source: embedded(tmp_path / f"{source}.parquet", names, directions(seed, 3, 4))
        for seed, source in enumerate(("plain", "long"))
    }
    chosen = origin(
        tmp_path / "origin.parquet", {("long", "crane"): [0, 1], ("plain", "owl"): [0, 1]}
    )
    path = tmp_path / "taken.parquet"
    take_prompts(path, origin=chosen, class_ids=["crane", "owl"], prompts=tables, metadata={})
    expected = [*read_embeddings(tables["long"])[:2], read_embeddings(tables["plain"])[2]]
    assert (read_embeddings(path) == np.stack(expected)).all()
    assert read(path)["class_id"].to_pylist() == names
