"""Image sets as people really have them: a maker for each, and the right value beside it.

Every picture has a number, by which tests know it again: `right` lists the numbers that each class
must get, in order, or the line in which the set must be refused.
"""

import hashlib
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unicodedata import normalize

from encoding import encode, noise

from synthgap.classes import Category
from synthgap.image_sets.class_folders import ClassFolders
from synthgap.image_sets.sets import ImageSet

CRANE = Category(class_id="crane", name="crane", folder=normalize("NFC", "Kräne"))
OWL = Category(class_id="owl", name="owl")
CLASSES = (CRANE, OWL)


def picture(number: int) -> bytes:
    return encode(noise(8, 6, seed=number))


NUMBERS = {hashlib.sha256(picture(number)).hexdigest(): number for number in range(64)}
"""The number of each picture by the hash of its file."""


class Right(NamedTuple):
    """What a set must come to."""

    crane: Sequence[int] = ()
    owl: Sequence[int] = ()
    aside: Mapping[str, str] = {}
    """What is put aside by the end of its path, with the reason."""


class Refused(NamedTuple):
    """A set that is refused in one line."""

    parts: tuple[str, ...]
    """What the line says."""
    by_job: bool = False
    """Whether only a job can find it."""


def refused(*parts: str) -> Refused:
    return Refused(parts)


def refused_by_job(*parts: str) -> Refused:
    return Refused(parts, by_job=True)


class SetCase(NamedTuple):
    name: str
    make: Callable[[Path], ImageSet]
    """Makes the set in an empty folder, which is the working directory."""
    right: Right | Refused


def put(*files: tuple[str, int]) -> None:
    """Write pictures to files."""
    for name, number in files:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(picture(number))


def folders(*files: tuple[str, int], **keys: Any) -> ImageSet:
    put(*files)
    return ClassFolders(kind="folder", images="photos", **keys)


BOTH = (("photos/Kräne/1.png", 1), ("photos/owl/2.png", 2))
"""One picture of each class, in class folders."""


def beside(make: Callable[[], object]) -> Callable[[Path], ImageSet]:
    """The two pictures, and something else."""

    def made(folder: Path) -> ImageSet:
        image_set = folders(*BOTH)
        make()
        return image_set

    return made


def unix_socket() -> None:
    # A socket's path must be short.
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("photos/owl/s.png")


def circle() -> None:
    Path("photos/owl/a.png").symlink_to("b.png")
    Path("photos/owl/b.png").symlink_to("a.png")
    Path("photos/owl/up").symlink_to("..")


def many(folder: Path) -> ImageSet:
    return folders(("photos/Kräne/1.png", 1), *((f"photos/owl/{n:02}.png", n) for n in range(40)))


def in_the_form(form: Any) -> Callable[[Path], ImageSet]:
    """Folder and file names as a disk has them that came from elsewhere."""

    def made(folder: Path) -> ImageSet:
        return folders((normalize(form, "photos/Kräne/größe.png"), 1), ("photos/owl/2.png", 2))

    return made


def both_forms(folder: Path) -> ImageSet:
    return folders(
        (normalize("NFC", "photos/Kräne/1.png"), 1),
        (normalize("NFD", "photos/Kräne/9.png"), 9),
        ("photos/owl/2.png", 2),
    )


FOLDER_CASES = [
    SetCase("plain", beside(lambda: None), Right([1], [2])),
    SetCase("names on disk composed", in_the_form("NFC"), Right([1], [2])),
    SetCase("names on disk decomposed", in_the_form("NFD"), Right([1], [2])),
    SetCase("both forms beside each other", both_forms, Right([1], [2])),
    SetCase("sizes that differ", many, Right([1], range(40))),
    SetCase("capital suffix", beside(lambda: put(("photos/owl/A.JPG", 3))), Right([1], [2, 3])),
    SetCase(
        "suffix of another format",
        beside(lambda: put(("photos/owl/3.webp", 3))),
        Right([1], [2, 3]),
    ),
    SetCase(
        "suffix of no image",
        beside(lambda: put(("photos/owl/3.dat", 3), ("photos/owl/4", 4))),
        Right(
            [1],
            [2],
            {"3.dat": "no image by its name, which ends in .dat", "4": "no image by its name"},
        ),
    ),
    SetCase(
        "hidden",
        beside(lambda: put(("photos/owl/.3.png", 3))),
        Right([1], [2], {".3.png": "hidden"}),
    ),
    SetCase(
        "nested",
        beside(lambda: put(("photos/owl/more/3.png", 3))),
        Right([1], [2], {"more": "a folder inside the class's folder"}),
    ),
    SetCase(
        "links to nothing",
        beside(lambda: Path("photos/owl/3.png").symlink_to("nowhere")),
        Right([1], [2], {"3.png": "a link to nothing"}),
    ),
    SetCase(
        "links in a circle",
        beside(circle),
        Right(
            [1],
            [2],
            {
                "a.png": "a link that leads in a circle",
                "b.png": "a link that leads in a circle",
                "up": "a folder inside the class's folder",
            },
        ),
    ),
    SetCase(
        "a link to a picture",
        beside(lambda: Path("photos/owl/3.png").symlink_to("../Kräne/1.png")),
        Right([1], [2, 1]),
    ),
    SetCase(
        "a pipe",
        beside(lambda: os.mkfifo("photos/owl/3.png")),
        Right([1], [2], {"3.png": "not a file"}),
    ),
    SetCase("a socket", beside(unix_socket), Right([1], [2], {"s.png": "not a file"})),
    SetCase(
        "a device that never ends",
        beside(lambda: Path("photos/owl/3.png").symlink_to("/dev/zero")),
        Right([1], [2], {"3.png": "not a file"}),
    ),
    SetCase(
        "a class folder that is a link",
        beside(
            lambda: (Path("photos/owl").rename("birds"), Path("photos/owl").symlink_to("../birds"))
        ),
        Right([1], [2]),
    ),
    SetCase(
        "no class folder",
        lambda folder: folders(("photos/heron/1.png", 1)),
        refused("no folder Kräne, owl in photos; each class needs one"),
    ),
    SetCase(
        "a class folder that is a file",
        lambda folder: folders(("photos/Kräne/1.png", 1), ("photos/owl", 1)),
        refused("no folder owl in photos; each class needs one"),
    ),
    SetCase(
        "a class folder that is a link in a circle",
        lambda folder: (
            folders(("photos/Kräne/1.png", 1)),
            Path("photos/owl").symlink_to("owl"),
        )[0],
        refused("no folder owl in photos; each class needs one"),
    ),
    SetCase(
        "no folder",
        lambda folder: ClassFolders(kind="folder", images="photos"),
        refused("no folder photos"),
    ),
]
