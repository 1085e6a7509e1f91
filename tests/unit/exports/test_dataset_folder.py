"""What is written is opened by the datasets library as anybody would open it."""

import hashlib
from pathlib import Path

import datasets
import pyarrow.parquet as pq
import pytest
from image_tables import write_image_tables

from synthgap.errors import InputError
from synthgap.exports.dataset_folder import write_images
from synthgap.tables import metadata_of, read

CLASSES = {"n02": "crane (n02)", "n01": "owl", "n03": "crane (n03)"}
SIZES = {"n02": 5, "n01": 2, "n03": 4}


def written(folder: Path, images: list[Path], **how: object) -> Path:
    classes = how.pop("classes", CLASSES)
    write_images(
        folder / "made/data", classes=classes, images=images, metadata={"study": "s"}, **how
    )
    return folder / "made"


def opened(folder: Path, cache: Path) -> datasets.Dataset:
    (folder / "README.md").write_text(
        "---\nconfigs:\n- config_name: default\n  data_files:\n  - split: train\n"
        "    path: data/train-*.parquet\n---\n"
    )
    return datasets.load_dataset(str(folder), cache_dir=str(cache))["train"]


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)


@pytest.mark.parametrize("files", [False, True], ids=["bytes", "files"])
def test_datasets_opens_it_with_pictures_and_labels(tmp_path, files):
    tables = write_image_tables(tmp_path, SIZES, files=files)
    data = opened(written(tmp_path, tables), tmp_path / "cache")
    assert isinstance(data.features["image"], datasets.Image)
    assert data.features["label"].names == list(CLASSES.values())
    assert data["class_id"] == [name for name, size in SIZES.items() for _ in range(size)]
    assert [data.features["label"].int2str(x) for x in data["label"]] == [
        CLASSES[class_id] for class_id in data["class_id"]
    ]
    raw = data.cast_column("image", datasets.Image(decode=False))
    sources = [row for table in tables for row in read(table).to_pylist()]
    for row, source in zip(raw, sources, strict=True):
        assert hashlib.sha256(row["image"]["bytes"]).hexdigest() == source["sha256"]
        assert {key: row[key] for key in ("prompt", "seed", "index")} == {
            key: source[key] for key in ("prompt", "seed", "index")
        }
    assert data[0]["image"].size == data[10]["image"].size
    assert raw[5]["image"]["path"] == f"n01-000000.{'jpg' if files else 'png'}"


def test_no_place_of_this_machine_is_told(tmp_path):
    folder = written(tmp_path, write_image_tables(tmp_path, SIZES, files=True))
    (file,) = (folder / "data").iterdir()
    cells = read(file).drop_columns(["image"]).to_pylist()
    assert "secret" not in f"{cells} {pq.read_schema(file)}"
    assert all(cell["path"].startswith("n0") for cell in read(file)["image"].to_pylist())
    assert metadata_of(file) == {"study": "s"}


def test_shards_are_numbered_bounded_and_whole(tmp_path):
    tables = write_image_tables(tmp_path, SIZES)
    length = len(read(tables[0])["image"][0].as_py()["bytes"])
    folder = written(tmp_path, tables, shard_bytes=int(2.5 * length))
    names = sorted(file.name for file in (folder / "data").iterdir())
    assert names == [f"train-{number:05d}-of-00006.parquet" for number in range(6)]
    sizes = [pq.read_metadata(folder / "data" / name).num_rows for name in names]
    assert sizes == [2, 2, 2, 2, 2, 1]
    assert len(opened(folder, tmp_path / "cache")) == 11


def test_an_image_larger_than_a_shard_has_one_for_itself(tmp_path):
    folder = written(
        tmp_path, write_image_tables(tmp_path, {"n02": 3, "n01": 1, "n03": 1}), shard_bytes=1
    )
    assert len(list((folder / "data").iterdir())) == 5


def test_classes_of_one_name_are_told_apart_by_their_ids(tmp_path):
    tables = write_image_tables(tmp_path, SIZES)
    classes = {"n02": "crane", "n01": "owl", "n03": "crane"}
    data = opened(written(tmp_path, tables, classes=classes), tmp_path / "cache")
    assert data.features["label"].names == ["n02", "n01", "n03"]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.write_bytes(b"other"), "has changed since .*; run the study again"),
        (Path.unlink, r"cannot be read any more \(no such file\)"),
    ],
    ids=["changed", "gone"],
)
def test_what_is_no_more_what_was_measured_is_refused(tmp_path, spoil, said):
    tables = write_image_tables(tmp_path, SIZES, files=True)
    written(tmp_path, tables)
    before = {file.name: file.read_bytes() for file in (tmp_path / "made/data").iterdir()}
    spoil(tmp_path / "secret place/n01/1.jpeg")
    with pytest.raises(InputError, match=said):
        written(tmp_path, tables)
    after = {file.name: file.read_bytes() for file in (tmp_path / "made/data").iterdir()}
    assert after == before


def test_the_same_images_make_the_same_bytes(tmp_path):
    tables = write_image_tables(tmp_path, SIZES)
    one, other = (
        [file.read_bytes() for file in (written(tmp_path / name, tables) / "data").iterdir()]
        for name in ("one", "other")
    )
    assert one == other
