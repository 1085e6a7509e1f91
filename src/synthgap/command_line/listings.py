"""What a place holds: how many images of each class, what was left out, and its name in a study."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Spelled = Mapping[str, str]
"""Of each class_id the label that stands for it in a place."""


@dataclass(frozen=True)
class Listing(ABC):
    """The images of one place, or of one split of it."""

    counts: Mapping[str, int]
    """Of each label how many images have it, as far as names tell."""
    aside: Sequence[str] = ()
    """What was left out, each with its reason."""
    problem: str | None = None
    """Why it cannot be used."""

    what = "images"
    """What such a place is, for people."""

    @abstractmethod
    def files(self, folder: Path, list_file: Path, labels: Spelled) -> "Named":
        """Name the images in a study file.

        Args:
            folder: of the study file.
            list_file: where a list of files may be written.
            labels: the classes that are compared.
        """


@dataclass(frozen=True)
class Named:
    """How a study names images."""

    kind: str
    place: str
    """Folder, table or pattern, as the study file names it."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Further keys of the section."""
    written: Mapping[Path, str] = field(default_factory=dict)
    """Files that go with it, and what stands in them."""


@dataclass(frozen=True)
class Folders(Listing):
    """Class folders."""

    path: Path = Path()
    what = "class folders"

    def files(self, folder: Path, list_file: Path, labels: Spelled) -> Named:
        """Name the folder that holds the class folders."""
        return Named("folder", from_study(self.path, folder))


@dataclass(frozen=True)
class Rows(Listing):
    """Files with their labels, from a table or from a folder without class folders."""

    rows: Sequence[tuple[str, str, str]] = ()
    """Label, file and prompt of each image; the prompt is empty where it is not known."""
    base: Path = Path()
    """Where the files are named from."""
    table: Path | None = None
    """A table that a study can name as it is, where its labels are class_ids."""
    what = "a table of files"

    def files(self, folder: Path, list_file: Path, labels: Spelled) -> Named:
        """Name the table, or a list that is written in its stead."""
        if self.table is not None and all(key == label for key, label in labels.items()):
            return Named("table", from_study(self.table, folder))
        class_ids = {label: class_id for class_id, label in labels.items()}
        return Named(
            "table",
            from_study(list_file, folder),
            {"folder": from_study(self.base, folder)},
            {list_file: _as_csv(self.rows, class_ids)},
        )


@dataclass(frozen=True)
class InParquet(Listing):
    """Images inside Parquet files."""

    pattern: str = ""
    """Absolute."""
    image: str = "image"
    label: str = "label"
    what = "images in Parquet files"

    def files(self, folder: Path, list_file: Path, labels: Spelled) -> Named:
        """Name the files and their columns."""
        keys = {"image": self.image, "label": self.label}
        return Named("parquet", from_study(Path(self.pattern), folder), keys)


def from_study(path: Path, folder: Path) -> str:
    """Write a path as a study file names it: relative to its folder where that is near.

    >>> work = Path("/home/work")
    >>> from_study(work / "photos", work), from_study(Path("/data/photos"), work)
    ('photos', '/data/photos')
    """
    for base, prefix in ((folder, ""), (folder.parent, "../")):
        # All paths have the root in common; that makes nothing near.
        if path.is_relative_to(base) and base != Path(base.anchor):
            near = (prefix + path.relative_to(base).as_posix()).removesuffix("/.")
            # At the beginning it is a shell's word for the home folder.
            return f"./{near}" if near.startswith("~") else near
    return path.as_posix()


def _as_csv(rows: Iterable[tuple[str, str, str]], class_ids: Mapping[str, str]) -> str:
    import csv
    import io

    kept = [row for row in rows if row[0] in class_ids]
    # An empty prompt would be one.
    prompted = bool(kept) and all(prompt for _, _, prompt in kept)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["class_id", "file", *(["prompt"] * prompted)])
    for label, file, prompt in kept:
        writer.writerow([class_ids[label], file, *([prompt] * prompted)])
    return text.getvalue()


def section_of(parts: Mapping[str, Named], synthetic: bool) -> dict[str, Any]:
    """The section of a study file for the images of one source.

    Args:
        parts: `images` alone, or `train` and `val`, all of one kind.
        synthetic: whether it is a generator's section, whose keys are other ones.
    """
    first = next(iter(parts.values()))
    if not synthetic:
        return {
            "kind": first.kind,
            **{part: named.place for part, named in parts.items()},
            **first.keys,
        }
    if first.kind != "table":
        return {"kind": first.kind, "images": first.place, **first.keys}
    folder = {"images": first.keys["folder"]} if "folder" in first.keys else {}
    return {"kind": "folder", "table": first.place, **folder}
