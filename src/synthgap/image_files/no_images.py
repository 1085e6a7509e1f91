"""What a file is that cannot be opened as an image: what its first bytes say.

Pillow only says that it knows no such format. What people really have under the name of an image
is named, with what to do about it.
"""

import codecs
import re

AVIF = frozenset({b"avif", b"avis"})
HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1"})
"""Brands of files of ISO 14496-12 boxes, of which the first, `ftyp`, lists them. Both kinds may
have `mif1`."""

CONVERT = "which Pillow cannot read; convert it to JPEG or PNG"

BEGINNINGS = {
    # The bare codestream and the container of ISO/IEC 18181-2.
    b"\xff\x0a": f"JPEG XL, {CONVERT}",
    b"\0\0\0\x0cJXL \r\n\x87\n": f"JPEG XL, {CONVERT}",
    b"8BPS": "a Photoshop file; convert it to JPEG or PNG",
    b"%PDF-": "not an image, but a PDF file",
    b"PK\x03\x04": "not an image, but a zip archive",
    b"\x1f\x8b": "not an image, but a gzip archive",
    # Text files that a repository holds in an image's place.
    b"version https://git-lfs.github.com/": "not an image, but a Git LFS pointer; git lfs pull "
    "fetches the image",
    b"/annex/objects/": "not an image, but a git-annex pointer; git annex get fetches the image",
}
"""What the first bytes say."""

# Possessive, or many comments would take for ever.
PROLOGUE = rb"(<\?xml[^>]*>\s*)?+(?><!--.*?-->\s*|<!doctype\s+svg[^>]*>\s*)*+"
PAGE = re.compile(PROLOGUE + rb"<(!doctype\s+html|html|head|body)\b", re.I | re.S)
DRAWING = re.compile(PROLOGUE + rb"<svg\b", re.I | re.S)

LOOKED_AT = 1024
"""Bytes from the beginning."""


def why_not(content: bytes) -> str:
    """Say what a file holds that no decoder took, in a plain phrase.

    >>> why_not(b"<!DOCTYPE html><title>404 Not Found</title>")
    'not an image, but a web page (HTML), as a failed download leaves it'
    >>> why_not(bytes(10))
    'not an image, or too damaged to tell'
    """
    head = content[:LOOKED_AT]
    if head[4:8] == b"ftyp":
        return _of_boxes(head)
    for begin, said in BEGINNINGS.items():
        if head.startswith(begin):
            return said
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if PAGE.match(text):
        return "not an image, but a web page (HTML), as a failed download leaves it"
    if DRAWING.match(text):
        return "an SVG drawing, which Pillow cannot read; convert it to PNG"
    if text.startswith(b"<?xml"):
        return "not an image, but XML, as a failed download leaves it"
    if _is_text(head, whole=len(content) <= LOOKED_AT):
        return "not an image, but text"
    return "not an image, or too damaged to tell"


def _of_boxes(head: bytes) -> str:
    listed = head[8 : int.from_bytes(head[:4], "big")]
    brands = {listed[place : place + 4] for place in range(0, len(listed), 4)}
    if brands & AVIF:
        return "damaged"
    return f"HEIC, {CONVERT}" if brands & HEIC else "not an image, but a video"


def _is_text(head: bytes, *, whole: bool) -> bool:
    try:
        # A character may be cut in two where more follows.
        text = codecs.getincrementaldecoder("utf-8")().decode(head, final=whole)
    except UnicodeDecodeError:
        return False
    return all(sign.isprintable() or sign in "\ufeff\t\n\r\f" for sign in text)
