"""What an image set lists for a class: images, and what is put aside."""

import hashlib
from collections.abc import Iterable
from typing import Literal, NamedTuple

from synthgap.section import Section


class Found(NamedTuple):
    """One image as a set lists it, not opened yet."""

    name: str
    """What the image is called within its class; its key and the split go by it."""
    path: str
    """Where it lies (see `synthgap.image_files.references`), or else a name for people."""
    content: bytes | None = None
    """Encoded image where there is no file, else None."""
    prompt: str | None = None
    """What the image was made from, where that is known."""


class PutAside(NamedTuple):
    """Something that a class's place holds and that is not used."""

    path: str
    reason: str
    """A plain phrase."""
    unreadable: bool
    """An image that cannot be read, and so counts against the limit."""


class Split(Section):
    """One of the two parts into which natural images of one place fall."""

    part: Literal["train", "val"]
    """Which part."""
    val_per_class: int
    """Images of each class in natural-val."""


def part_of(images: Iterable[Found], split: Split | None) -> list[Found]:
    """Take the images of one part, in their order.

    natural-val is those whose hash of the name is smallest. So an image that is added moves at
    most one other.
    """
    listed = list(images)
    if split is None:
        return listed
    hashes = [hashlib.sha256(image.name.encode()).digest() for image in listed]
    by_hash = sorted(range(len(listed)), key=lambda place: (hashes[place], place))
    val = set(by_hash[: split.val_per_class])
    return [image for place, image in enumerate(listed) if (place in val) == (split.part == "val")]
