"""Pictures of the report: many small images in one file, a sprite, in rows of eight."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from PIL import Image

from synthgap.image_files.decoding import pictures
from synthgap.image_files.squares import square
from synthgap.tables import read_pieces

SIDE = 96
"""Of an image in pixels."""

COLUMNS = 8
"""Images in a row of a sprite."""

QUALITY = 50
"""Of WebP: a photograph takes 1.1 to 1.4 kB, so that 1,000 classes stay below 100 MB."""

PIECE = 64
"""Rows that are read at once."""


def small_pictures(table: str | Path, rows: Sequence[int]) -> list[Image.Image]:
    """Read some images of an image table, cut to their middle square and scaled to `SIDE`.

    Args:
        table: the image table.
        rows: which, ascending.

    Raises:
        InputError: a picture cannot be opened, or is not what the table lists.
    """
    found: list[Image.Image] = []
    start = 0
    for piece in read_pieces(table, PIECE):
        here = [row - start for row in rows[len(found) :] if row < start + len(piece)]
        chosen = piece.select(["image", "sha256"]).take(pa.array(here, pa.int64()))
        found += [square(picture, SIDE) for picture in pictures(chosen, table)]
        start += len(piece)
        if len(found) == len(rows):
            break
    return found


def is_small(table: str | Path) -> bool:
    """Whether the first image of an image table has fewer pixels than its picture.

    Raises:
        InputError: it cannot be opened, or is not what the table lists.
    """
    first = next(read_pieces(table, 1)).select(["image", "sha256"])
    return min(next(iter(pictures(first, table))).size) < SIDE


def write_sprite(
    path: Path, images: Sequence[Image.Image], columns: int = COLUMNS, *, small: bool = False
) -> None:
    """Write images of `SIDE` pixels into one WebP file, row by row.

    Args:
        path: where to.
        images: in their order.
        columns: images in a row.
        small: whether they show single pixels, which must stay sharp and take little space anyway.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = max(1, -(-len(images) // columns))
    sprite = Image.new("RGB", (columns * SIDE, lines * SIDE), "white")
    for place, image in enumerate(images):
        sprite.paste(image, ((place % columns) * SIDE, (place // columns) * SIDE))
    sprite.save(path, "WEBP", quality=QUALITY, method=4, lossless=small)
