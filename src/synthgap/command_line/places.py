"""What lies where the user says: class folders, splits, tables, Parquet files, or a zip."""

import glob
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from synthgap.classes import Category
from synthgap.command_line.archives import unpacked
from synthgap.command_line.listings import Folders, Listing, Rows
from synthgap.command_line.lists import METADATA, has_labels, read_list
from synthgap.command_line.parquet_sets import by_split, image_column, read_parquet
from synthgap.command_line.splits import split_of
from synthgap.errors import InputError
from synthgap.image_sets.class_folders import SUFFIXES, ClassFolders, is_text
from synthgap.image_sets.found import Found

ONE_CLASS = "all"
"""Label of all images of a folder that has no class folders."""

DEEPEST = 3
"""Folders that hold nothing but another one are entered so often."""

KINDS = (
    "a folder of class folders, a file that ends in .csv, .tsv, .jsonl or .parquet, a pattern of "
    "Parquet files, a Hugging Face dataset folder, or a zip of a folder"
)


@dataclass(frozen=True)
class Place:
    """A place and what it holds."""

    given: str
    """As the user named it."""
    splits: Mapping[str, Listing]
    """By split; under `train` what is in none."""
    flat: bool = False
    """Whether its images lie in no class folders."""


class Content(NamedTuple):
    """What a folder holds, by names."""

    folders: list[Path]
    files: list[Path]

    @property
    def images(self) -> list[Path]:
        """The files that are images by their names."""
        return [file for file in self.files if _is_image(file)]


def look(given: str, unpack_to: Callable[[Path], Path]) -> Place:
    """Look at a place that the user names.

    Args:
        given: a folder, a file, or a pattern of Parquet files.
        unpack_to: says for a zip file where it may be unpacked.

    Raises:
        InputError: there is nothing, or nothing that is known.
    """
    path = _absolute(given)
    if path.is_dir():
        return _of_folder(given, path)
    if path.is_file():
        return _of_file(given, path, unpack_to)
    files = [Path(file) for file in sorted(glob.glob(str(path)))] if glob.has_magic(given) else []
    if not files:
        raise InputError(f"{given}: no such file or folder; name {KINDS}")
    if any(file.suffix.lower() != ".parquet" for file in files):
        raise InputError(f"{given}: matches more than Parquet files; name {KINDS}")
    return Place(given, {"train": read_parquet(files)})


def _absolute(given: str) -> Path:
    path = Path(given).absolute()
    # Where a link is in between, `..` leads elsewhere than it seems.
    plain = Path(os.path.normpath(path))
    return plain if plain.exists() and path.exists() and plain.samefile(path) else path


def _of_file(given: str, path: Path, unpack_to: Callable[[Path], Path]) -> Place:
    suffix = path.suffix.lower()
    if suffix == ".zip":
        return _of_folder(given, unpacked(path, unpack_to(path)))
    if suffix == ".parquet" and image_column(path) is not None:
        return Place(given, {"train": read_parquet([path])})
    if suffix in (".csv", ".tsv", ".jsonl", ".parquet"):
        return Place(given, {"train": read_list(path, path.parent)})
    raise InputError(f"{given}: not known by its name; name {KINDS}")


def _of_folder(given: str, path: Path, depth: int = 0) -> Place:
    content = _content(path)
    if any(file.suffix == ".arrow" for file in content.files):
        raise InputError(
            f"{given}: Arrow files of the library datasets; write it as Parquet first, with "
            "load_from_disk(...).to_parquet(...)"
        )
    found = _in_parquet(path) or _in_splits(path, content) or _listed(path, content)
    if found:
        return Place(given, found)
    folders = _class_folders(path, content)
    if any(folders.counts.values()):
        return Place(given, {"train": folders})
    if content.images:
        return Place(given, {"train": _in_one_folder(path, content)}, flat=True)
    if depth < DEEPEST and len(content.folders) == 1:
        return _of_folder(given, content.folders[0], depth + 1)
    raise InputError(
        f"{given}: no images in it; name {KINDS} (images end in {', '.join(sorted(SUFFIXES))})"
    )


def _content(path: Path) -> Content:
    try:
        entries = sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error
    folders: list[Path] = []
    files: list[Path] = []
    for entry in entries:
        (folders if entry.is_dir() else files).append(entry)
    return Content(folders, files)


def _in_parquet(path: Path) -> dict[str, Listing]:
    for pattern in ("data/*.parquet", "*.parquet", "*/*.parquet"):
        # A FIFO would be waited for.
        files = sorted(file for file in path.glob(pattern) if file.is_file())
        # A metadata.parquet lists files.
        if files and image_column(files[0]) is not None:
            return {split: read_parquet(of_split) for split, of_split in by_split(files).items()}
    return {}


def _in_splits(path: Path, content: Content) -> dict[str, Listing]:
    """Folders called train, validation and the like alone, with class folders in each."""
    splits = {split_of(folder.name): folder for folder in content.folders}
    if None in splits or not splits or len(splits) < len(content.folders):
        return {}
    found: dict[str, Listing] = {}
    for split, folder in splits.items():
        inside = _content(folder)
        listed = _listed(folder, inside, base=path)
        if listed:
            found[str(split)] = listed["train"]
        elif inside.folders and not inside.images:
            found[str(split)] = _class_folders(folder, inside)
        else:
            # Classes that happen to be called so.
            return {}
    return found


def _listed(path: Path, content: Content, base: Path | None = None) -> dict[str, Listing]:
    for file in content.files:
        if file.name in METADATA and file.is_file() and has_labels(file):
            return {"train": read_list(file, base or path)}
    return {}


def _in_one_folder(path: Path, content: Content) -> Rows:
    aside = [f"{file}: no image by its name" for file in content.files if not _is_image(file)]
    aside += [f"{folder}: a folder beside images" for folder in content.folders]
    rows = [(ONE_CLASS, file.name, "") for file in content.images]
    return Rows({ONE_CLASS: len(rows)}, aside, None, rows, path)


def _class_folders(path: Path, content: Content) -> Folders:
    aside = [
        f"{file}: {'an image' if _is_image(file) else 'a file'} beside the class folders"
        for file in content.files
    ]
    counts = {}
    for folder in content.folders:
        label = folder.name
        if not is_text(label):
            aside.append(f"{str(folder)!a}: its name is not UTF-8")
            continue
        # Unchecked: here a name need not be one that a study file may hold.
        category = Category.model_construct(class_id=label, name=label, folder=label)
        images = 0
        try:
            for item in ClassFolders(kind="folder", images=str(path)).found(category):
                if isinstance(item, Found):
                    images += 1
                elif item.reason != "hidden":
                    aside.append(f"{item.path}: {item.reason}")
        except OSError as error:
            aside.append(f"{folder}: cannot be read ({error.strerror})")
            continue
        counts[label] = images
    return Folders(counts, aside, None, path)


def _is_image(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES
