"""Each form in which people keep images is told, and counted as the library `datasets` does."""

import csv
import json
import zipfile
from collections import Counter
from pathlib import Path

import datasets
import pytest
from class_trees import dataset, fill, tree

from synthgap.command_line.listings import Folders, InParquet, Rows
from synthgap.command_line.places import ONE_CLASS, look
from synthgap.errors import InputError


def looked(place):
    def unpack_to(archive):
        return archive.with_name("unpacked")

    return look(str(place), unpack_to)


def only(place):
    (listing,) = looked(place).splits.values()
    return listing


def test_class_folders(tmp_path: Path):
    tree(tmp_path / "photos", crane=3, heron=2)
    (tmp_path / "photos/crane/notes.txt").touch()
    (tmp_path / "photos/crane/.DS_Store").touch()
    (tmp_path / "photos/readme.md").touch()
    listing = only(tmp_path / "photos")
    assert isinstance(listing, Folders)
    assert listing.counts == {"crane": 3, "heron": 2}
    reasons = "\n".join(listing.aside)
    assert "notes.txt: no image by its name, which ends in .txt" in reasons
    assert "readme.md: a file beside the class folders" in reasons
    assert ".DS_Store" not in reasons


def test_a_folder_that_holds_nothing_but_another(tmp_path: Path):
    tree(tmp_path / "download/images", crane=3, heron=2)
    listing = only(tmp_path / "download")
    assert isinstance(listing, Folders)
    assert listing.path == tmp_path / "download/images"


def test_one_class_is_no_folder_around_others(tmp_path: Path):
    assert only(tree(tmp_path / "photos", crane=3)).counts == {"crane": 3}


def test_images_without_class_folders_are_one_class(tmp_path: Path):
    place = looked(fill(tmp_path / "photos", 4))
    assert place.flat
    listing = place.splits["train"]
    assert isinstance(listing, Rows)
    assert listing.counts == {ONE_CLASS: 4}


def test_a_folder_of_many_files_is_looked_at_once(tmp_path: Path):
    for number in range(3000):
        (tmp_path / f"{number}.{'png' if number % 2 else 'txt'}").touch()
    looks = 0
    suffix = Path.suffix.fget
    assert suffix is not None

    def counted(path: Path) -> str:
        nonlocal looks
        looks += 1
        return suffix(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "suffix", property(counted))
        listing = only(tmp_path)
    assert (sum(listing.counts.values()), len(listing.aside)) == (1500, 1500)
    assert looks < 10 * 3000


@pytest.mark.parametrize("val", ["validation", "val", "test"])
def test_an_imagefolder_in_splits(tmp_path: Path, val: str):
    tree(tmp_path / "photos/train", crane=3, heron=2)
    tree(tmp_path / f"photos/{val}", crane=1, heron=1)
    found = {split: listing.counts for split, listing in looked(tmp_path / "photos").splits.items()}
    theirs = datasets.load_dataset(
        "imagefolder", data_dir=str(tmp_path / "photos"), cache_dir=str(tmp_path / "cache")
    )
    names = theirs["train"].features["label"].names
    assert found == {
        split: Counter(names[label] for label in rows["label"]) for split, rows in theirs.items()
    }


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_imagefolder_with_metadata(tmp_path: Path, form: str):
    fill(tmp_path / "photos", 3)
    rows = [
        {"file_name": f"00{number}.png", "label": label, "text": f"a {label}, big"}
        for number, label in enumerate(("crane", "heron", "crane"))
    ]
    with (tmp_path / f"photos/metadata.{form}").open("w", newline="") as file:
        if form == "csv":
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        else:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    listing = only(tmp_path / "photos")
    assert isinstance(listing, Rows)
    theirs = datasets.load_dataset(
        "imagefolder", data_dir=str(tmp_path / "photos"), cache_dir=str(tmp_path / "cache")
    )["train"]
    assert listing.counts == Counter(theirs["label"])
    assert sorted(prompt for _, _, prompt in listing.rows) == sorted(theirs["text"])


def test_metadata_without_labels_leaves_class_folders(tmp_path: Path):
    tree(tmp_path / "photos", crane=2)
    (tmp_path / "photos/metadata.csv").write_text("file_name,text\ncrane/000.png,a crane\n")
    assert isinstance(only(tmp_path / "photos"), Folders)


def test_a_dataset_folder(tmp_path: Path):
    (tmp_path / "hub/data").mkdir(parents=True)
    for shard, labels in enumerate(([0, 0, 1], [1, 1])):
        dataset(labels).to_parquet(tmp_path / f"hub/data/train-0000{shard}-of-00002.parquet")
    dataset([0, 1]).to_parquet(tmp_path / "hub/data/validation-00000-of-00001.parquet")
    dataset([-1, -1]).to_parquet(tmp_path / "hub/data/test-00000-of-00001.parquet")
    splits = looked(tmp_path / "hub").splits
    assert splits["train"].counts == {"crane": 2, "heron": 3}
    assert splits["validation"].counts == {"crane": 1, "heron": 1}
    assert "2 images of test-00000-of-00001.parquet have no label" in str(splits["test"].problem)
    train = splits["train"]
    assert isinstance(train, InParquet)
    assert train.pattern == str(tmp_path / "hub/data/train-0000*.parquet")
    assert (train.image, train.label) == ("image", "label")


def test_a_pattern_of_parquet_files(tmp_path: Path):
    for name in ("a1", "a2", "b"):
        dataset([0, 1]).to_parquet(tmp_path / f"{name}.parquet")
    listing = only(tmp_path / "a*.parquet")
    assert isinstance(listing, InParquet)
    assert listing.counts == {"crane": 2, "heron": 2}


def test_what_datasets_saves_to_disk_is_refused_in_words(tmp_path: Path):
    dataset([0, 1]).save_to_disk(tmp_path / "saved")
    with pytest.raises(InputError, match="to_parquet"):
        looked(tmp_path / "saved")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("header", ["class_id,file", "label,filename", "Class,Path"])
def test_a_csv_file(tmp_path: Path, header: str, separator: str):
    fill(tmp_path / "pictures", 3)
    lines = [header, "crane,pictures/000.png", "heron,pictures/001.png", "crane,pictures/none.png"]
    text = "\n".join(lines).replace(",", separator)
    (tmp_path / "list.csv").write_text(text, encoding="utf-8-sig")
    listing = only(tmp_path / "list.csv")
    assert listing.counts == {"crane": 1, "heron": 1}
    assert "none.png: no such file, though row 3 of list.csv names it" in listing.aside[0]


def test_a_cell_that_can_name_no_file_is_put_aside(tmp_path: Path):
    fill(tmp_path, 1)
    (tmp_path / "list.csv").write_text(f"class_id,file\ncrane,000.png\ncrane,{'x' * 300}.png\n")
    listing = only(tmp_path / "list.csv")
    assert listing.counts == {"crane": 1}
    assert listing.aside[0].endswith(".png: File name too long, though row 2 of list.csv names it")


def test_a_table_that_a_study_can_name_is_named(tmp_path: Path):
    fill(tmp_path, 2)
    (tmp_path / "list.csv").write_text("class_id,file\ncrane,000.png\nheron,001.png\n")
    listing = only(tmp_path / "list.csv")
    as_it_is = listing.files(tmp_path, tmp_path / "x.csv", {"crane": "crane", "heron": "heron"})
    assert (as_it_is.place, as_it_is.written) == ("list.csv", {})
    other = listing.files(tmp_path / "s", tmp_path / "s/x.csv", {"c": "crane"})
    assert (other.place, other.keys) == ("x.csv", {"folder": ".."})
    assert other.written == {tmp_path / "s/x.csv": "class_id,file\nc,000.png\n"}


def test_a_zip_of_class_folders(tmp_path: Path):
    tree(tmp_path / "photos", crane=3, heron=2)
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as archive:
        for file in (tmp_path / "photos").rglob("*.png"):
            archive.write(file, file.relative_to(tmp_path))
        archive.writestr("__MACOSX/photos/crane/._0.png", b"")
    listing = only(tmp_path / "photos.zip")
    assert isinstance(listing, Folders)
    assert listing.counts == {"crane": 3, "heron": 2}
    assert listing.path == tmp_path / "unpacked/photos"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing", None, "no such file or folder"),
        ("missing*.parquet", None, "no such file or folder"),
        ("notes.txt", "x", "not known by its name"),
        ("list.csv", "class_id,file\n", "has no rows"),
        ("list.csv", "class_id,picture\na,b\n", "no column of files"),
        ("list.csv", "kind,file\na,b\n", "no column of labels"),
        (
            "list.csv",
            'class_id,file\na,b\n"a,c\na,d\n',
            r"list.csv: line 4: not CSV \(unexpected end",
        ),
        ("list.csv", "class_id;file\na;b;c\n", "line 2: 3 cells under a header of 2"),
        ("list.jsonl", "{", "line 1 is not JSON"),
        ("broken.parquet", "x", "not a readable Parquet file"),
        ("broken.zip", "x", "not a whole zip file"),
    ],
)
def test_anything_else_is_one_line(tmp_path: Path, name: str, content: str | None, said: str):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=said) as raised:
        looked(tmp_path / name)
    assert "\n" not in str(raised.value)
    assert name in str(raised.value)


def test_an_empty_folder_is_one_line(tmp_path: Path):
    (tmp_path / "photos/crane").mkdir(parents=True)
    with pytest.raises(InputError, match="no images in it; name a folder of class folders"):
        looked(tmp_path / "photos")
