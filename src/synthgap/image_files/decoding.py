"""Opening pictures: encoded bytes become RGB as a person would see them.

The first frame is taken, turned as its EXIF orientation says. What is transparent shows white. 16
bits a channel are scaled to 8. CMYK and palettes are converted by Pillow, without colour profiles.
"""

import errno
import io
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image, ImageOps, UnidentifiedImageError

from synthgap.errors import InputError
from synthgap.image_files import byte_ranges, parquet_rows, references

FORMATS = (
    *("AVIF", "BMP", "DIB", "GIF", "ICO", "JPEG", "JPEG2000"),
    *("PNG", "PPM", "TGA", "TIFF", "WEBP"),
)
"""What is opened. Others, such as EPS, would start programs of their own or are no pictures."""

WITHOUT_COLOURS = frozenset({"F", "I", "LAB"})
"""Modes of Pillow that hold measurements, or colours that it cannot convert."""


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


def check(content: bytes) -> None:
    """Decode an image to its end, as cheaply as possible, to see whether `opened` can.

    Raises:
        UnreadableError: as `opened`.
    """
    _decoded(content, small=True)


def only_colour(content: bytes) -> tuple[int, int, int] | None:
    """The colour of a picture that has but one, or None; nearly as cheap as `check`, which it is.

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


def picture(cell: Mapping[str, Any]) -> Image.Image:
    """The picture of a cell in RGB.

    Raises:
        InputError: it cannot be used; the message names it.
    """
    try:
        return opened(encoded(cell))
    except UnreadableError as error:
        raise InputError(f"{cell['path']}: cannot be used as an image ({error})") from error


def pictures(table: pa.Table) -> Iterator[Image.Image]:
    """Yield the pictures of an image table in RGB, each opened when it is asked for.

    Raises:
        InputError: a picture cannot be opened.
    """
    for cell in table["image"]:
        yield picture(cell.as_py())


def _decoded(content: bytes, *, small: bool) -> Image.Image:
    if not content:
        raise UnreadableError("empty")
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        if small:
            # JPEG only: an eighth of the size, yet all of the file is read.
            image.draft(None, (1, 1))
        image.load()
    except UnidentifiedImageError as error:
        raise UnreadableError("not an image, or too damaged to tell") from error
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
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise UnreadableError("not a file")
    return Path(path).read_bytes()


def _reason_of_system(path: str, error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "a link that leads in a circle"
    if error.errno == errno.ENOENT:
        return "a link to nothing" if os.path.islink(path) else "no such file"
    if error.errno == errno.EACCES:
        return "no permission to read it"
    return f"cannot be read ({error.strerror})"
