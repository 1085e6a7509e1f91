"""The image set `folder`: image files in one folder a class."""

import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Literal

from synthgap import stamps
from synthgap.classes import Category
from synthgap.errors import InputError
from synthgap.image_files.references import of_file
from synthgap.image_sets.class_names import Spellings
from synthgap.image_sets.found import Found, PutAside, Split, part_of
from synthgap.image_sets.on_disk import as_on_disk
from synthgap.image_sets.shortage import few
from synthgap.section import Section

SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pgm", ".png", ".ppm"}
    | {".heic", ".heif", ".jxl", ".tif", ".tiff", ".webp"}
)
"""Names of image files end so, in small or capital letters. HEIC and JPEG XL cannot be read, and
are put aside with what to do about it."""

NOTE = f"images end in {', '.join(sorted(SUFFIXES))}"
"""What to say where a folder has too few images."""


class ClassFolders(Section):
    """Image files in a folder a class, named by `folder` of the class or its class_id."""

    kind: Literal["folder"]
    """Image files in class folders."""
    images: str
    """The folder that holds the class folders."""
    split: Split | None = None
    """Which part of them, if not all."""

    def place(self, category: Category | None = None) -> str:
        """The folder of all classes, or of one, which may be spelled otherwise (`class_names`)."""
        if category is None:
            return self.images
        images = as_on_disk(self.images)
        return (Path(images) / _folder_of(images, category)).as_posix()

    def stamp(self, category: Category) -> str:
        """Name, size and time of what lies in the folder of the class; of hidden files the name."""
        with os.scandir(self.place(category)) as entries:
            return stamps.stamp(
                (entry.name, "" if entry.name[0] == "." else stamps.state(entry))
                for entry in entries
            )

    def problem(self, categories: Sequence[Category]) -> str | None:
        """Say which folders are missing or cannot be entered, or None."""
        if not os.path.isdir(as_on_disk(self.images)):
            return f"no folder {self.images}"
        missing, owners = [], dict[str, str]()
        for category in categories:
            folder = self.place(category)
            if not os.path.isdir(folder):
                missing.append(os.path.basename(folder))
            elif not os.access(folder, os.R_OK | os.X_OK):
                return f"{folder}: cannot be read (Permission denied)"
            owner = owners.setdefault(folder, category.class_id)
            if owner != category.class_id:
                return f"{folder}: is the folder of both {owner} and {category.class_id}"
        if missing:
            return f"no folder {few(missing)} in {self.images}; each class needs one"
        return None

    def counts(self, categories: Sequence[Category], enough: int) -> dict[str, int]:
        """How many files of each class are images by their names, of all parts together.

        No class is counted further than to `enough`.

        Raises:
            InputError: a folder cannot be read.
        """
        return {each.class_id: _count(self.place(each), enough) for each in categories}

    def found(self, category: Category, index: str | None = None) -> Iterator[Found | PutAside]:
        """Yield the files of one class in the order of their names; folders are not entered."""
        folder = self.place(category)
        with os.scandir(folder) as entries:
            files = sorted(entries, key=lambda entry: entry.name)
        images: list[Found] = []
        for file in files:
            path, reason = f"{folder}/{file.name}", _aside_by_name(file)
            if reason is None and is_text(file.name):
                images.append(Found(file.name, of_file(path)))
            # Of a folder that is split, one part reports what belongs to neither.
            elif self.split is None or self.split.part == "train":
                shown = path.encode(errors="replace").decode()
                yield PutAside(shown, reason or "its name is not UTF-8", unreadable=reason is None)
        yield from part_of(images, self.split)


def _count(folder: str, enough: int) -> int:
    try:
        with os.scandir(folder) as entries:
            names = (entry.name for entry in entries if _aside_by_name(entry) is None)
            return sum(1 for _ in islice(names, enough))
    except OSError as error:
        raise InputError(f"{folder}: cannot be read ({error.strerror})") from error


def _folder_of(images: str, category: Category) -> str:
    name = category.folder or category.class_id
    if os.path.isdir(os.path.join(images, name)):
        return name
    try:
        changed = os.stat(images).st_mtime_ns
    except OSError:
        return name
    return _folders_in(images, changed).find(name) or name


@lru_cache(maxsize=16)
def _folders_in(images: str, changed: int) -> Spellings:
    with os.scandir(images) as entries:
        return Spellings(entry.name for entry in entries if _is_folder(entry))


def _aside_by_name(file: "os.DirEntry[str]") -> str | None:
    """Why something in a class folder is not taken for an image, or None."""
    if file.name.startswith("."):
        return "hidden"
    suffix = os.path.splitext(file.name)[1].lower()
    if _is_folder(file):
        return "a folder inside the class's folder"
    if suffix not in SUFFIXES:
        return f"no image by its name, which ends in {suffix}" if suffix else "no image by its name"
    return None


def _is_folder(file: "os.DirEntry[str]") -> bool:
    try:
        return file.is_dir()
    except OSError:
        # A link in a circle; opening it will say so.
        return False


def is_text(name: str) -> bool:
    """Whether a file's name is UTF-8; others cannot stand in a study or table."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
