"""The image set `folder`: image files in one folder a class."""

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Literal

from synthgap import stamps
from synthgap.classes import Category
from synthgap.image_sets.class_names import alike
from synthgap.image_sets.found import Found, PutAside, Split, part_of, shortage, small_val
from synthgap.section import Section

SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg", ".pgm", ".png", ".ppm"}
    | {".tif", ".tiff", ".webp"}
)
"""Names of image files end so, in small or capital letters."""


class ClassFolders(Section):
    """Image files in a folder a class, named by `folder` of the class or its class_id."""

    kind: Literal["folder"]
    """Image files in class folders."""
    images: str
    """The folder that holds the class folders."""
    split: Split | None = None
    """Which part of them, if not all."""

    def place(self, category: Category) -> str:
        """The folder of a class, whose name may be spelled otherwise (see `class_names`)."""
        return (Path(self.images) / _folder_of(self.images, category)).as_posix()

    def stamp(self, category: Category) -> str:
        """Name, size and time of what lies in the folder of the class; of hidden files the name."""
        with os.scandir(self.place(category)) as entries:
            return stamps.stamp(
                (entry.name, "" if entry.name[0] == "." else stamps.state(entry))
                for entry in entries
            )

    def problem(
        self, categories: tuple[Category, ...], least: int, asked_by: str = "measures.n"
    ) -> str | None:
        """Say which folder is missing or holds too few images, or None.

        Only names are read, and only as many as are needed.
        """
        if not os.path.isdir(self.images):
            return f"no folder {self.images}"
        too_small = small_val(self.split, least, asked_by)
        if too_small:
            return too_small
        enough = least + (self.split.val_per_class if self.split else 0)
        for category in categories:
            folder = self.place(category)
            try:
                with os.scandir(folder) as entries:
                    names = (entry.name for entry in entries if _aside_by_name(entry) is None)
                    images = sum(1 for _ in zip(names, range(enough), strict=False))
            except OSError as error:
                if not os.path.isdir(folder):
                    name = os.path.basename(folder)
                    return f"no folder {name} in {self.images}; each class needs one"
                return f"{folder}: cannot be read ({error.strerror})"
            found = shortage(folder, images, least, asked_by, self.split)
            if found:
                return f"{found} (images end in {', '.join(sorted(SUFFIXES))})"
        return None

    def found(self, category: Category, index: str | None = None) -> Iterator[Found | PutAside]:
        """Yield the files of one class in the order of their names; folders are not entered."""
        folder = self.place(category)
        with os.scandir(folder) as entries:
            files = sorted(entries, key=lambda entry: entry.name)
        images: list[Found] = []
        for file in files:
            path, reason = f"{folder}/{file.name}", _aside_by_name(file)
            if reason is None and _is_text(file.name):
                images.append(Found(file.name, path))
            # Of a folder that is split, one part reports what belongs to neither.
            elif self.split is None or self.split.part == "train":
                shown = path.encode(errors="replace").decode()
                yield PutAside(shown, reason or "its name is not UTF-8", unreadable=reason is None)
        yield from part_of(images, self.split)


def _folder_of(images: str, category: Category) -> str:
    name = category.folder or category.class_id
    if os.path.isdir(os.path.join(images, name)):
        return name
    try:
        changed = os.stat(images).st_mtime_ns
    except OSError:
        return name
    names = dict.fromkeys((name, category.class_id))
    return alike(names, _folders_in(images, changed)) or name


@lru_cache(maxsize=16)
def _folders_in(images: str, changed: int) -> tuple[str, ...]:
    with os.scandir(images) as entries:
        return tuple(entry.name for entry in entries if _is_folder(entry))


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


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
