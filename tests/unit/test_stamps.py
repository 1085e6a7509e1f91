"""What is seen of files without reading them."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from synthgap import stamps
from synthgap.classes import Category
from synthgap.image_sets.class_folders import ClassFolders
from synthgap.image_sets.listed_files import ListedFiles, read_list

CRANE = Category(class_id="crane", name="crane")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "crane"
    place.mkdir()
    for name in ("a.png", "b.png", "notes.txt"):
        (place / name).write_bytes(b"12")
    return place


def later(file: Path) -> None:
    status = file.stat()
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns + 1))


def longer_at_the_same_time(file: Path) -> None:
    status = file.stat()
    file.write_bytes(b"123")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


CHANGES: dict[str, Callable[[Path], object]] = {
    "overwritten": lambda folder: later(folder / "a.png"),
    "grown": lambda folder: longer_at_the_same_time(folder / "a.png"),
    "gone": lambda folder: (folder / "b.png").unlink(),
    "new": lambda folder: (folder / "c.png").touch(),
    "renamed": lambda folder: (folder / "b.png").rename(folder / "c.png"),
    "new beside the images": lambda folder: (folder / "more.txt").touch(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_a_class_folder_is_seen(change: str, folder: Path) -> None:
    images = ClassFolders(kind="folder", images=str(folder.parent))
    before = images.stamp(CRANE)
    assert images.stamp(CRANE) == before
    CHANGES[change](folder)
    assert images.stamp(CRANE) != before


def test_of_hidden_files_the_name_counts(folder: Path) -> None:
    images = ClassFolders(kind="folder", images=str(folder.parent))
    (folder / ".DS_Store").touch()
    before = images.stamp(CRANE)
    (folder / ".DS_Store").write_bytes(b"more")
    assert images.stamp(CRANE) == before


def test_a_change_of_a_listed_file_is_seen_by_its_class_alone(folder: Path) -> None:
    heron = Category(class_id="heron", name="heron")
    table = folder.parent / "list.csv"
    table.write_text("class_id,file\ncrane,crane/a.png\nheron,crane/b.png\ncrane,crane/none.png\n")
    read_list.cache_clear()
    listed = ListedFiles(kind="table", table=str(table))
    before = listed.stamp(CRANE), listed.stamp(heron)
    later(folder / "a.png")
    assert listed.stamp(CRANE) != before[0]
    assert listed.stamp(heron) == before[1]


def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert stamps.of_files([tmp_path / "pipe.png", tmp_path / "none.png"])
