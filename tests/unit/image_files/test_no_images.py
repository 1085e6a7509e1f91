"""What `tests/cases/pictures.py` does not have: what else the first bytes may be."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgap.image_files.no_images import why_not

BOX = b"\0\0\0\x18ftyp"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"8BPS\0\1", "a Photoshop file; convert it to JPEG or PNG"),
        (b"\x1f\x8b\x08\0", "not an image, but a gzip archive"),
        # Both brands say little alone: what is listed after them decides.
        (
            BOX + b"mif1\0\0\0\0mif1heix",
            "HEIC, which Pillow cannot read; convert it to JPEG or PNG",
        ),
        (BOX + b"mif1\0\0\0\0avifmif1", "damaged"),
        (BOX + b"qt  \0\0\0\0qt  qt  ", "not an image, but a video"),
        (b"<HTML><BODY>Not found", "not an image, but a web page (HTML), as a failed download lea"),
        (b"<htmlish>", "not an image, but text"),
        (b"<!doctype svg PUBLIC '-'>\n<svg/>", "an SVG drawing, which Pillow cannot read"),
        ("ö".encode("latin-1") * 9, "not an image, or too damaged to tell"),
        (b"zeros\0\0", "not an image, or too damaged to tell"),
    ],
)
def test_first_bytes_say_what_it_is(content, said):
    assert why_not(content).startswith(said)


def test_comments_take_no_time():
    before = time.monotonic()
    assert why_not(200 * b"<!---->") == "not an image, but text"
    assert why_not(200 * b"<!--") == "not an image, but text"
    assert time.monotonic() - before < 1


@given(st.text(alphabet="aö日😀\n", min_size=400, max_size=2000))
def test_text_is_text_wherever_it_is_cut(text):
    assert why_not(text.encode()) == "not an image, but text"


@given(st.binary(max_size=1500))
def test_anything_is_one_line(content):
    assert "\n" not in why_not(content)
