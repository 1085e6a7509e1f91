"""The image table of one class of an image set, and the table of what was put aside."""

import hashlib
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from tqdm import tqdm

from synthgap.classes import Category
from synthgap.errors import InputError
from synthgap.image_files.decoding import UnreadableError, encoded, only_colour
from synthgap.image_files.flags import BLACK, ONE_COLOUR
from synthgap.image_files.references import file_of
from synthgap.image_sets.copies import check_within
from synthgap.image_sets.found import Found, PutAside
from synthgap.image_sets.quarantine import QUARANTINE, check_share
from synthgap.image_sets.sets import ImageSet
from synthgap.image_sets.shortage import shortage_when_read
from synthgap.provenance import digest
from synthgap.tables import IMAGES, write


class Usable(NamedTuple):
    """An image that can be used."""

    sha256: str
    flag: str | None


def read_images(
    image_set: ImageSet,
    category: Category,
    *,
    index: str | None,
    images: str | Path,
    quarantine: str | Path,
    least: int,
    max_unreadable: float,
    max_copies: float,
    threads: int,
    metadata: Mapping[str, str],
) -> None:
    """Decode every image of a class once, and write which can be used and which cannot.

    Images that are black or of one colour are flagged, as those are that a study generates. Nothing
    is copied: the table refers to files and to places inside Parquet files.

    Args:
        image_set: where the images lie.
        category: the class.
        index: of an image set of the kind `parquet` its index.
        images: where the table of the images that can be used goes.
        quarantine: where the table of everything else goes, with reasons.
        least: images that must remain.
        max_unreadable: largest share of unreadable images.
        max_copies: largest share of images that are copies of earlier ones of the class.
        threads: CPU threads to use.
        metadata: what made the tables.

    Raises:
        InputError: too many images are unreadable or copies, or too few remain. No table is
            written.
    """
    listed = list(image_set.found(category, index))
    # One more than there are cores: it reads a file while the others decode.
    with ThreadPoolExecutor(threads + 1) as pool:
        examined = list(
            tqdm(
                pool.map(_examine, listed),
                desc=category.class_id,
                total=len(listed),
                unit="image",
                file=sys.stderr,
            )
        )
    aside = [
        item._replace(path=file_of(item.path)) for item in examined if isinstance(item, PutAside)
    ]
    usable = [
        (item, found)
        for item, found in zip(examined, listed, strict=True)
        if isinstance(item, Usable) and isinstance(found, Found)
    ]
    for item in aside:
        print(f"put aside: {item.path}: {item.reason}")
    place, class_id = image_set.place(category), category.class_id
    unreadable = [item for item in aside if item.unreadable]
    check_share(place, len(usable), [item.reason for item in unreadable], max_unreadable)
    split = getattr(image_set, "split", None)
    if short := shortage_when_read(place, len(usable), len(unreadable), least, split):
        raise InputError(short)
    named = [(image.sha256, found.path) for image, found in usable]
    check_within(place, named, max_copies)
    rows = [
        {
            "image": {"bytes": found.content, "path": found.path},
            "class_id": class_id,
            "index": number,
            "prompt": found.prompt,
            "seed": None,
            "key": digest({"name": Path(found.name).name, "sha256": image.sha256}),
            "sha256": image.sha256,
            "flag": image.flag,
        }
        for number, (image, found) in enumerate(usable)
    ]
    notes = [{"class_id": class_id, **item._asdict()} for item in aside]
    write(pa.Table.from_pylist(notes, schema=QUARANTINE), quarantine, metadata)
    write(pa.Table.from_pylist(rows, schema=IMAGES), images, metadata)


def _examine(item: Found | PutAside) -> Usable | PutAside:
    """Hash an image that can be used, and flag it if it is no picture; or say why it cannot."""
    if isinstance(item, PutAside):
        return item
    try:
        content = encoded({"bytes": item.content, "path": item.path})
        flag = _flag(only_colour(content))
    except UnreadableError as error:
        return PutAside(item.path, str(error), unreadable=True)
    return Usable(hashlib.sha256(content).hexdigest(), flag)


def _flag(colour: tuple[int, int, int] | None) -> str | None:
    if colour is None:
        return None
    return ONE_COLOUR if any(colour) else BLACK
