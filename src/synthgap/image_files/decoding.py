"""Opening pictures: encoded bytes become RGB as a person would see them.

The first frame is taken, turned as its EXIF orientation says. What is transparent shows white. 16
bits a channel are scaled to 8. CMYK and palettes are converted by Pillow's plain formulas. A colour
profile (ICC) is not applied: encoders and trainings on photographs take the numbers as they stand.

What an image table lists must still be what it was when the table was made: `picture` looks, for
all who show, embed or train on images.
"""

import errno
import hashlib
import io
import os
import shlex
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image, ImageOps, UnidentifiedImageError

from synthgap.errors import InputError
from synthgap.files import UnfitFileError, read_regular
from synthgap.image_files import byte_ranges, no_images, parquet_rows, references

FORMATS = (
    *("AVIF", "BMP", "DIB", "GIF", "ICO", "JPEG", "JPEG2000"),
    *("PNG", "PPM", "TGA", "TIFF", "WEBP"),
)
"""What is opened. Others, such as EPS, would start programs of their own or are no pictures."""

WITHOUT_COLOURS = frozenset({"F", "I", "LAB"})
"""Modes of Pillow that hold measurements, or colours that it cannot convert."""

LARGEST = 2**30
"""Bytes of a file that is read. The largest picture that is opened, of 179 million pixels, takes
0.5 GiB uncompressed, and 1 GiB with 16 bits a channel."""

LONGEST = 1000
"""Times that a picture may be as long as it is wide. Encoders scale the shorter side to some 224
pixels: a strip of 30,000 × 1 pixels would take 4 GB."""

ROUNDING = 8
"""Levels by which a picture of one colour may vary where it is decoded at an eighth of its size."""


class UnreadableError(InputError):
    """An image that cannot be used. The message is the reason, in a plain phrase."""


def opened(content: bytes) -> Image.Image:
    """Turn an encoded image into RGB as a person would see it.

    Raises:
        UnreadableError: it is damaged, no image, or larger than Pillow's limit against
            decompression bombs (179 million pixels).
    """
    return _as_seen(_decoded(content, small=False))


def _as_seen(image: Image.Image) -> Image.Image:
    # A picture whose EXIF data is damaged is shown as it lies.
    with suppress(Exception):
        ImageOps.exif_transpose(image, in_place=True)
    if image.mode.startswith("I;16"):
        return _from_16_bits(image).convert("RGB")
    if image.has_transparency_data:
        page = Image.new("RGBA", image.size, "white")
        page.alpha_composite(image.convert("RGBA"))
        return page.convert("RGB")
    return image.convert("RGB")


def only_colour(content: bytes) -> tuple[int, int, int] | None:
    """The colour of a picture that has but one, or None.

    All of the file is decoded, and more cheaply than by `opened`, so that this also says whether it
    can be used.

    Raises:
        UnreadableError: as `opened`.
    """
    # An eighth of a JPEG's size may be rounded otherwise, but is never far from the whole.
    if max(_spans(_as_seen(_decoded(content, small=True)))) > ROUNDING:
        return None
    picture = opened(content)
    if any(_spans(picture)):
        return None
    red, green, blue = picture.getpixel((0, 0))  # type: ignore[misc]
    return red, green, blue


def _spans(picture: Image.Image) -> list[int]:
    """Of each channel of an RGB picture how far its levels lie apart."""
    return [high - low for low, high in picture.getextrema()]  # type: ignore[misc]


def encoded(cell: Mapping[str, Any]) -> bytes:
    """The encoded image of a cell: its bytes, or what lies where its path says.

    Args:
        cell: a value of an image table's column `image`. Without bytes, `path` is a reference (see
            `references`): a file, or a part of a Parquet file.

    Raises:
        UnreadableError: there is no such file, or it cannot be read.
    """
    content: bytes | None = cell["bytes"]
    if content is not None:
        return content
    path: str | None = cell["path"]
    if path is None:
        raise UnreadableError("neither bytes nor a path")
    try:
        if place := byte_ranges.parse(path):
            return byte_ranges.read(*place)
        if row := parquet_rows.parse(path):
            return _content_of_cell(parquet_rows.read(row))
        return _content_of_file(references.file_of(path))
    except OSError as error:
        raise UnreadableError(_reason_of_system(path, error)) from error
    except UnreadableError:
        raise
    except InputError as error:
        raise UnreadableError(str(error)) from error
    except ValueError as error:
        # A null character in a path.
        raise UnreadableError("no such file") from error


def picture(cell: Mapping[str, Any], sha256: str | None, table: str | Path) -> Image.Image:
    """The picture of a cell in RGB.

    Args:
        cell: a value of an image table's column `image`.
        sha256: hash of the encoded image as the table has it; None where the bytes are the table's
            own, which nothing else can have changed.
        table: the image table, for messages.

    Raises:
        InputError: it cannot be used, or is not what the table lists; the message names it, and
            says how to read it anew.
    """
    try:
        content = encoded(cell)
    except UnreadableError as error:
        if sha256 is None:
            raise InputError(f"{cell['path']}: cannot be used as an image ({error})") from error
        raise InputError(
            f"{cell['path']}: cannot be read any more ({error}), but {table} lists it; put it "
            f"back, or {_anew(cell['path'], table)}"
        ) from error
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise InputError(
            f"{cell['path']}: has changed since {table} was made; {_anew(cell['path'], table)}"
        )
    try:
        return opened(content)
    except UnreadableError as error:
        raise InputError(f"{cell['path']}: cannot be used as an image ({error})") from error


def pictures(images: pa.Table, table: str | Path) -> Iterator[Image.Image]:
    """Yield the pictures of an image table in RGB, each opened when it is asked for.

    Args:
        images: rows of the table, with the columns `image` and `sha256`.
        table: where it lies, for messages.

    Raises:
        InputError: a picture cannot be opened, or is not what the table lists.
    """
    for cell, sha256 in zip(images["image"], images["sha256"], strict=True):
        value = cell.as_py()
        yield picture(value, sha256.as_py() if value["bytes"] is None else None, table)


def _anew(path: str, table: str | Path) -> str:
    """What lets the next run read a class again, whatever lists its images."""
    command = f"rm {shlex.quote(str(table))}"
    if place := byte_ranges.parse(path) or parquet_rows.parse(path):
        # The index of the file is read again, too.
        command += f" && touch {shlex.quote(place.file)}"
    return f"`{command}` and run again, which reads the class anew"


def _decoded(content: bytes, *, small: bool) -> Image.Image:
    if not content:
        raise UnreadableError("empty")
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        _check_shape(*image.size)
        if small:
            # JPEG only: an eighth of the size, yet all of the file is read.
            image.draft(None, (1, 1))
        image.load()
    except UnreadableError:
        raise
    except UnidentifiedImageError as error:
        raise UnreadableError(no_images.why_not(content)) from error
    except Image.DecompressionBombError as error:
        raise UnreadableError("more than 179 million pixels") from error
    except MemoryError:
        raise
    # Pillow's decoders raise almost anything on damaged files.
    except Exception as error:
        cut = "truncated" in str(error).lower()
        raise UnreadableError("truncated" if cut else "damaged") from error
    if image.mode in WITHOUT_COLOURS:
        raise UnreadableError(f"pixels of the kind {image.mode} have no defined colours")
    return image


def _check_shape(width: int, height: int) -> None:
    if max(width, height) > LONGEST * min(width, height):
        raise UnreadableError(
            f"{width} × {height} pixels; no side may be more than {LONGEST:,} times the other"
        )


def _from_16_bits(image: Image.Image) -> Image.Image:
    """Scale grey levels to 8 bits; TIFF may hold 12 bits where Pillow says 16."""
    bits = int(getattr(image, "tag_v2", {}).get(258, (16,))[0])
    levels = np.asarray(image).astype(np.float32) * (255 / (2**bits - 1))
    return Image.fromarray(np.round(levels).astype(np.uint8))


def _content_of_cell(cell: Mapping[str, Any]) -> bytes:
    """What a cell of somebody's Parquet file holds, where a path is a file and nothing else."""
    content: bytes | None = cell["bytes"]
    if content is None and cell["path"] is None:
        raise UnreadableError("neither bytes nor a path")
    return _content_of_file(cell["path"]) if content is None else content


def _content_of_file(path: str) -> bytes:
    try:
        return read_regular(path, LARGEST)
    except UnfitFileError as error:
        raise UnreadableError(error.strerror) from error


def _reason_of_system(path: str, error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "a link that leads in a circle"
    if error.errno == errno.ENOENT:
        return "a link to nothing" if os.path.islink(path) else "no such file"
    if error.errno == errno.EACCES:
        return "no permission to read it"
    return f"cannot be read ({error.strerror})"
