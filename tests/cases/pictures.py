"""Single image files as people have them: how each is made, and what must come of it.

What can be shown has a size and a mean colour, worked out here and not by the code that is tested;
what cannot has the reason for which it is put aside.
"""

import base64
import io
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageCms

LEFT, RIGHT = (200, 30, 90), (20, 150, 40)
WIDTH, HEIGHT = 64, 48
MEAN = (110, 90, 65)
"""Of a picture whose halves have these two colours."""

Colour = tuple[float, float, float]


class Shown(NamedTuple):
    """What a picture looks like."""

    colour: Colour
    """Mean RGB."""
    size: tuple[int, int] = (WIDTH, HEIGHT)
    within: float = 0.5
    """Levels by which the mean may differ: more where an encoder loses something."""
    flag: str | None = None
    """What is wrong with it all the same."""


class Case(NamedTuple):
    """One file."""

    file: str
    """What it is called."""
    make: Callable[[], bytes]
    right: Shown | str
    """What is shown, or why it is put aside."""


def halves() -> Image.Image:
    picture = Image.new("RGB", (WIDTH, HEIGHT), LEFT)
    picture.paste(RIGHT, (WIDTH // 2, 0, WIDTH, HEIGHT))
    return picture


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format=kind, **options)
    return buffer.getvalue()


def plain(kind: str, **options: Any) -> Callable[[], bytes]:
    return lambda: saved(halves(), kind, **options)


def half_of(make: Callable[[], bytes]) -> Callable[[], bytes]:
    return lambda: make()[: len(make()) // 2]


def noise() -> Image.Image:
    """Compresses badly, so that half a file is half a picture."""
    levels = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    return Image.fromarray(levels)


def several(kind: str, **options: Any) -> Callable[[], bytes]:
    """Frames or pages: the two halves, then black."""
    others = [Image.new("RGB", (WIDTH, HEIGHT), (n, n, n)) for n in (0, 9)]
    return lambda: saved(halves(), kind, save_all=True, append_images=others, **options)


def cmyk() -> bytes:
    return saved(Image.new("CMYK", (WIDTH, HEIGHT), (200, 30, 90, 40)), "JPEG", quality=95)


def deep_grey(kind: str) -> bytes:
    levels = np.full((HEIGHT, WIDTH), 1000, np.uint16)
    levels[:, WIDTH // 2 :] = 60_000
    return saved(Image.fromarray(levels), kind)


def png(width: int, height: int, bits: int, colour_type: int, data: bytes) -> bytes:
    """A PNG of these bytes, filter bytes among them, whatever the header claims."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(data)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(held)) + kind + held + struct.pack(">I", zlib.crc32(kind + held))
        for kind, held in parts
    )


def deep_colours() -> bytes:
    """16 bits a channel, which Pillow does not write."""
    return png(2, 3, 16, 2, 3 * (b"\0" + 2 * struct.pack(">HHH", 257 * 200, 257 * 30, 257 * 90)))


def transparent_palette() -> bytes:
    """Of two colours the left one cannot be seen."""
    picture = Image.new("P", (WIDTH, HEIGHT), 0)
    picture.putpalette([*LEFT, *RIGHT])
    picture.paste(1, (WIDTH // 2, 0, WIDTH, HEIGHT))
    return saved(picture, "PNG", transparency=0)


def grey_with_alpha() -> bytes:
    return saved(Image.new("LA", (WIDTH, HEIGHT), (40, 51)), "PNG")


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(halves(), "JPEG", exif=exif, quality=95)


def with_profile() -> bytes:
    """With an ICC profile of a screen whose red and blue are exchanged."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"?XYZ").replace(b"bXYZ", b"rXYZ").replace(b"?XYZ", b"bXYZ")
    return saved(halves(), "PNG", icc_profile=swapped)


def lying_jpeg() -> bytes:
    """Says that it has 65,500 × 65,500 pixels."""
    content = saved(halves(), "JPEG")
    at = content.index(b"\xff\xc0") + 5
    return content[:at] + struct.pack(">HH", 65_500, 65_500) + content[at + 4 :]


def decoded(text: str) -> Callable[[], bytes]:
    return lambda: base64.b64decode(text)


HEIC = decoded(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAXxtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAA"
    "AAAAACJpbG9jAAAAAERAAAEAAQAAAAABoAABAAAAAAAAADEAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAA"
    "AA5waXRtAAAAAAABAAAA/GlwcnAAAADcaXBjbwAAAHVodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNw"
    "AAADAJAAAAMAAAMAHroCQGEAAQApQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqrprm4CGgwIAAAAyAAAADAIRiAAEABkQBwXPB"
    "iQAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAAChjbGFwAAAAEAAAAAEAAAAQAAAAAf///9AAAAAC"
    "////0AAAAAIAAAAQcGl4aQAAAAADCAgIAAAAGGlwbWEAAAAAAAAAAQABBYECAwWEAAAAOW1kYXQAAAAtKAGvEyFgY0D4EPdn"
    "/+Tbau8/7C7HpzshHcDSIICbQEiTXVALFhCAh3alVtz4"
)
"""A file of one colour that pillow-heif 1.8.1 wrote."""

JPEG_XL = decoded("/wpDQCQIBAEAZABLGIsVANQTY4xxJs4BxICBFgATNo5D2lAB")
JPEG_XL_IN_BOXES = decoded(
    "AAAADEpYTCANCocKAAAAFGZ0eXBqeGwgAAAAAGp4bCAAAAAsanhsY/8KQ0AkCAQBAGQASxiLFQDUE2OMcSbOAcSAgRYAEzaO"
    "Q9pQAQ=="
)
"""Files of one colour that imagecodecs 2026.3.6 wrote."""

CONVERT = "which Pillow cannot read; convert it to JPEG or PNG"
PAGE = "not an image, but a web page (HTML), as a failed download leaves it"
BOMB = "more than 179 million pixels"

CASES: dict[str, Case] = {
    # Ordinary files, whatever they are called.
    "PNG": Case("a.png", plain("PNG"), Shown(MEAN)),
    "JPEG": Case("a.jpg", plain("JPEG", quality=95), Shown(MEAN, within=3)),
    "progressive JPEG": Case("a.jpeg", plain("JPEG", progressive=True), Shown(MEAN, within=3)),
    "WebP": Case("a.webp", plain("WEBP", lossless=True), Shown(MEAN)),
    "AVIF": Case("a.avif", plain("AVIF", quality=95), Shown(MEAN, within=3)),
    "JPEG 2000": Case("a.jp2", plain("JPEG2000"), Shown(MEAN, within=1)),
    "bitmap": Case("a.bmp", plain("BMP"), Shown(MEAN)),
    "upper case": Case("A.JPG", plain("JPEG", quality=90), Shown(MEAN, within=3)),
    "mixed case": Case("b.PnG", plain("PNG", compress_level=1), Shown(MEAN)),
    "JPEG called PNG": Case("jpeg.png", plain("JPEG", quality=94), Shown(MEAN, within=3)),
    "PNG called JPEG": Case("png.jpg", plain("PNG", compress_level=2), Shown(MEAN)),
    "WebP called TIFF": Case("webp.tif", plain("WEBP", lossless=True, method=0), Shown(MEAN)),
    # The first of several.
    "animated GIF": Case("frames.gif", several("GIF"), Shown(MEAN)),
    "animated WebP": Case("frames.webp", several("WEBP", lossless=True), Shown(MEAN)),
    "animated PNG": Case("frames.png", several("PNG"), Shown(MEAN)),
    "TIFF of several pages": Case("pages.tiff", several("TIFF"), Shown(MEAN)),
    "two JPEGs in one, as of phones": Case("mpo.jpg", several("MPO"), Shown(MEAN, within=3)),
    # Kinds of pixels.
    "CMYK JPEG": Case(
        "cmyk.jpg",
        cmyk,
        Shown(
            ((255 - 200) * 215 / 255, (255 - 30) * 215 / 255, (255 - 90) * 215 / 255),
            within=2,
            flag="one colour",
        ),
    ),
    "16-bit grey PNG": Case(
        "deep.png", lambda: deep_grey("PNG"), Shown(((4 + 233) / 2,) * 3, within=0.51)
    ),
    "16-bit grey TIFF": Case(
        "deep.tif", lambda: deep_grey("TIFF"), Shown(((4 + 233) / 2,) * 3, within=0.51)
    ),
    "16-bit RGB PNG": Case(
        "colours.png", deep_colours, Shown((200, 30, 90), size=(2, 3), flag="one colour")
    ),
    "palette with transparency": Case(
        "palette.png",
        transparent_palette,
        Shown(((255 + 20) / 2, (255 + 150) / 2, (255 + 40) / 2)),
    ),
    "grey with alpha": Case(
        "alpha.png",
        grey_with_alpha,
        Shown((0.2 * 40 + 0.8 * 255,) * 3, within=1, flag="one colour"),
    ),
    "one pixel, PNG": Case(
        "1.png",
        lambda: saved(Image.new("RGB", (1, 1), LEFT), "PNG"),
        Shown(LEFT, size=(1, 1), flag="one colour"),
    ),
    "one pixel, JPEG": Case(
        "1.jpg",
        lambda: saved(Image.new("RGB", (1, 1), LEFT), "JPEG", quality=95),
        Shown(LEFT, size=(1, 1), within=3, flag="one colour"),
    ),
    "very wide": Case(
        "wide.png",
        lambda: saved(halves().resize((10_000, 10), Image.Resampling.NEAREST), "PNG"),
        Shown(MEAN, size=(10_000, 10)),
    ),
    "all black": Case(
        "black.jpg",
        lambda: saved(Image.new("RGB", (WIDTH, HEIGHT)), "JPEG"),
        Shown((0, 0, 0), flag="black"),
    ),
    # What stands beside the pixels.
    "turned by EXIF": Case(
        "turned.jpg", lambda: turned(6), Shown(MEAN, size=(HEIGHT, WIDTH), within=3)
    ),
    "EXIF of no such orientation": Case("99.jpg", lambda: turned(99), Shown(MEAN, within=3)),
    "damaged EXIF": Case(
        "exif.jpg",
        plain("JPEG", quality=95, exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"),
        Shown(MEAN, within=3),
    ),
    "ICC profile": Case("profile.png", with_profile, Shown(MEAN)),
    # Bombs.
    "PNG bomb": Case("bomb.png", lambda: png(20_000, 20_000, 8, 0, bytes(1000)), BOMB),
    "JPEG bomb": Case("bomb.jpg", lying_jpeg, BOMB),
    "a strip": Case(
        "strip.png",
        lambda: saved(Image.new("RGB", (30_000, 1)), "PNG"),
        "30000 × 1 pixels; no side may be more than 1,000 times the other",
    ),
    # Damaged.
    "zero bytes": Case("empty.jpg", lambda: b"", "empty"),
    "truncated JPEG": Case("cut.jpg", half_of(lambda: saved(noise(), "JPEG")), "truncated"),
    "truncated PNG": Case("cut.png", half_of(lambda: saved(noise(), "PNG")), "truncated"),
    "truncated WebP": Case("cut.webp", half_of(lambda: saved(noise(), "WEBP")), "damaged"),
    "truncated AVIF": Case("cut.avif", half_of(lambda: saved(noise(), "AVIF")), "damaged"),
    "noise": Case(
        "noise.png",
        lambda: np.random.default_rng(0).bytes(500),
        "not an image, or too damaged to tell",
    ),
    # Of other libraries.
    "HEIC": Case("photo.HEIC", HEIC, f"HEIC, {CONVERT}"),
    "HEIC called JPEG": Case("heic.jpg", HEIC, f"HEIC, {CONVERT}"),
    "JPEG XL": Case("a.jxl", JPEG_XL, f"JPEG XL, {CONVERT}"),
    "JPEG XL in boxes": Case("boxes.jxl", JPEG_XL_IN_BOXES, f"JPEG XL, {CONVERT}"),
    "SVG": Case(
        "svg.png",
        lambda: b'<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="http://www.w3.org/2000/svg"/>',
        "an SVG drawing, which Pillow cannot read; convert it to PNG",
    ),
    # No images.
    "text": Case("text.jpg", lambda: "größer als gedacht\n".encode(), "not an image, but text"),
    "long text": Case("long.jpg", lambda: 999 * "größe ".encode(), "not an image, but text"),
    "web page": Case(
        "404.jpg", lambda: b"\r\n<!DOCTYPE HTML><html><title>404 Not Found</title></html>", PAGE
    ),
    "web page with BOM": Case("403.jpg", lambda: b"\xef\xbb\xbf<html>\n<h1>Forbidden</h1>", PAGE),
    "XHTML page": Case(
        "xhtml.jpg", lambda: b'<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD">', PAGE
    ),
    "answer of a store": Case(
        "denied.jpg",
        lambda: b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>',
        "not an image, but XML, as a failed download leaves it",
    ),
    "Git LFS pointer": Case(
        "lfs.png",
        lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        "not an image, but a Git LFS pointer; git lfs pull fetches the image",
    ),
    "git-annex pointer": Case(
        "annex.png",
        lambda: b"/annex/objects/SHA256E-s12345--4d7a.png\n",
        "not an image, but a git-annex pointer; git annex get fetches the image",
    ),
    "PDF": Case("pdf.jpg", lambda: b"%PDF-1.7\n%\xe2\xe3", "not an image, but a PDF file"),
    "video": Case(
        "clip.jpg", lambda: b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "not an image, but a video"
    ),
    "zip": Case("zip.png", lambda: b"PK\x03\x04\x14\0\0\0", "not an image, but a zip archive"),
}


def written(folder: Any, names: Sequence[str] = tuple(CASES)) -> dict[str, Case]:
    """Put cases into a folder; of each file's name its case."""
    for name in names:
        (folder / CASES[name].file).write_bytes(CASES[name].make())
    found = {CASES[name].file: CASES[name] for name in names}
    assert len(found) == len(names), "two cases have one file name"
    return found
