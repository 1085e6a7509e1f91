"""Pictures of the report: the right images in the right cells, against Pillow's own decoding."""

import hashlib

import numpy as np
import pyarrow as pa
import pytest
from encoding import encode, noise
from PIL import Image, ImageOps

from synthgap import tables
from synthgap.errors import InputError
from synthgap.image_files.squares import square
from synthgap.report.sprites import COLUMNS, PIECE, SIDE, small_pictures, write_sprite

COUNT = 2 * PIECE + 10


def colour(number):
    """Far apart for neighbours, so that neither scaling nor WebP makes one look like another."""
    return (number * 67 % 256, number * 131 % 256, number * 29 % 256)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """An image table of more than two pieces; every second image is a file of its own."""
    folder = tmp_path_factory.mktemp("table")
    rows = []
    for number in range(COUNT):
        content = encode(Image.new("RGB", (20 + number % 7, 12), colour(number)))
        file = folder / f"{number}.png"
        file.write_bytes(content)
        image = {"bytes": content} if number % 2 else {"path": str(file)}
        rows.append(
            {
                "image": image,
                "class_id": "crane",
                "index": number,
                "sha256": hashlib.sha256(content).hexdigest(),
            }
        )
    path = folder / "crane.parquet"
    tables.write(pa.Table.from_pylist(rows, schema=tables.IMAGES), path, {})
    return path


def middle(picture):
    return picture.getpixel((SIDE // 2, SIDE // 2))


@pytest.mark.parametrize(
    "rows",
    [
        *([], [0], [COUNT - 1], [3, 4, 70], range(6), range(COUNT)),
        *([PIECE - 1, PIECE], [PIECE, 2 * PIECE], [2 * PIECE + 9]),
    ],
    ids=str,
)
def test_the_rows_that_are_asked_for_are_read_in_order(table, rows):
    found = small_pictures(table, rows)
    assert [middle(picture) for picture in found] == [colour(row) for row in rows]
    assert {picture.size for picture in found} <= {(SIDE, SIDE)}


def test_more_rows_than_there_are_give_all_there_are(table):
    assert len(small_pictures(table, range(COUNT - 2, COUNT + 5))) == 2


def test_a_file_that_has_changed_ends_in_one_line(table, tmp_path):
    rows = tables.read(table).slice(0, 1).to_pylist()
    file = tmp_path / "changed.png"
    file.write_bytes(encode(noise()))
    rows[0]["image"]["path"] = str(file)
    tables.write(pa.Table.from_pylist(rows, schema=tables.IMAGES), tmp_path / "a.parquet", {})
    with pytest.raises(InputError, match=r"changed.png") as error:
        small_pictures(tmp_path / "a.parquet", [0])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("size", [(300, 200), (200, 300), (400, 400), (96, 96), (97, 1000)])
def test_the_middle_square_is_scaled_as_pillow_does_it(size):
    # Smooth, as photographs are: of noise little is left at this size.
    picture = noise(8, 8).resize(size, Image.Resampling.BICUBIC)
    found = np.asarray(square(picture, SIDE)).astype(int)
    expected = np.asarray(ImageOps.fit(picture, (SIDE, SIDE), Image.Resampling.LANCZOS)).astype(int)
    assert np.abs(found - expected).mean() < 1.5


def test_pixels_of_a_small_image_stay_visible():
    picture = noise(16, 16)
    found = np.asarray(square(picture, SIDE))
    assert np.array_equal(found[::6, ::6], np.asarray(picture))
    assert np.array_equal(found[5::6, 5::6], np.asarray(picture))


@pytest.mark.parametrize("count", [1, COLUMNS, COLUMNS + 1, 3 * COLUMNS - 1])
def test_a_sprite_holds_its_images_row_by_row(tmp_path, count):
    images = [Image.new("RGB", (SIDE, SIDE), colour(number)) for number in range(count)]
    write_sprite(tmp_path / "classes/0-0.webp", images)
    with Image.open(tmp_path / "classes/0-0.webp") as sprite:
        assert sprite.format == "WEBP"
        assert sprite.size == (COLUMNS * SIDE, -(-count // COLUMNS) * SIDE)
        for number in range(count):
            left, top = number % COLUMNS * SIDE, number // COLUMNS * SIDE
            cell = np.asarray(sprite.convert("RGB").crop((left, top, left + SIDE, top + SIDE)))
            # WebP mixes colours at the edges of cells.
            off = np.abs(cell[16:-16, 16:-16].astype(int) - colour(number))
            assert off.max() < 12


def test_a_sprite_of_nothing_is_still_a_picture(tmp_path):
    write_sprite(tmp_path / "none.webp", [])
    with Image.open(tmp_path / "none.webp") as sprite:
        assert sprite.size == (COLUMNS * SIDE, SIDE)


def test_the_same_images_make_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        write_sprite(tmp_path / name, [square(noise(200, 200), SIDE)], 1)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
