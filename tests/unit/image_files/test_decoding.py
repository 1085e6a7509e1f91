import hashlib
import os
import socket
import tracemalloc
import zlib
from threading import Thread

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from encoding import encode, huge_png, noise, pixels, twelve_bit_tiff
from PIL import Image

from synthgap.errors import InputError
from synthgap.image_files import byte_ranges, parquet_rows
from synthgap.image_files.decoding import (
    LARGEST,
    UnreadableError,
    encoded,
    only_colour,
    opened,
    pictures,
)
from synthgap.tables import IMAGES

LOSSLESS = ("PNG", "BMP", "TIFF", "PPM", "TGA")


class TestOpened:
    @pytest.mark.parametrize("kind", LOSSLESS)
    def test_an_ordinary_picture_comes_out_as_it_is(self, kind):
        assert np.array_equal(pixels(opened(encode(noise(), kind))), pixels(noise()))

    @pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF", "JPEG2000"])
    def test_lossy_kinds_come_out_as_pillow_decodes_them(self, kind):
        smooth = noise(8, 8).resize((64, 48), Image.Resampling.BICUBIC)
        shown = pixels(opened(encode(smooth, kind)))
        assert shown.shape == (48, 64, 3)
        assert np.abs(shown - pixels(smooth)).mean() < 6

    def test_pictures_are_turned_as_their_exif_orientation_says(self):
        """Expected: what the EXIF standard says of rows and columns, in numpy."""
        upright = pixels(noise())
        stored = {
            1: upright,
            2: upright[:, ::-1],
            3: upright[::-1, ::-1],
            4: upright[::-1],
            5: upright.transpose(1, 0, 2),
            6: np.rot90(upright, 1),
            7: upright[::-1, ::-1].transpose(1, 0, 2),
            8: np.rot90(upright, -1),
        }
        for orientation, levels in stored.items():
            exif = Image.Exif()
            exif[0x0112] = orientation
            content = encode(Image.fromarray(levels.astype(np.uint8)), "PNG", exif=exif)
            assert np.array_equal(pixels(opened(content)), upright), orientation

    def test_damaged_exif_leaves_a_picture_as_it_lies(self):
        content = encode(noise(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff")
        assert opened(content).size == (64, 48)

    def test_palettes_become_their_colours(self):
        with_palette = noise().quantize(17)
        expected = np.array(with_palette.getpalette()).reshape(-1, 3)[np.asarray(with_palette)]
        for kind in ("PNG", "GIF", "BMP"):
            assert np.array_equal(pixels(opened(encode(with_palette, kind))), expected)

    def test_a_transparent_colour_of_a_palette_shows_white(self):
        with_palette = noise().quantize(4)
        expected = np.array(with_palette.getpalette()).reshape(-1, 3)[np.asarray(with_palette)]
        expected[np.asarray(with_palette) == 2] = 255
        shown = opened(encode(with_palette, "PNG", transparency=2))
        assert np.array_equal(pixels(shown), expected)

    def test_half_transparent_pixels_are_laid_on_white(self):
        levels = pixels(noise())
        alpha = np.random.default_rng(1).integers(0, 256, levels.shape[:2])
        rgba = np.dstack([levels, alpha]).astype(np.uint8)
        share = alpha[..., None] / 255
        expected = levels * share + 255 * (1 - share)
        assert np.abs(pixels(opened(encode(Image.fromarray(rgba)))) - expected).max() <= 1
        grey = np.stack([levels[..., 0], alpha], axis=2).astype(np.uint8)
        expected_grey = levels[..., :1] * share + 255 * (1 - share)
        shown = pixels(opened(encode(Image.fromarray(grey))))
        assert np.abs(shown - expected_grey).max() <= 1

    @pytest.mark.parametrize("kind", ["PNG", "TIFF"])
    def test_16_bits_are_scaled_and_not_clipped(self, kind):
        levels = np.random.default_rng(0).integers(0, 65536, (6, 8), dtype=np.uint16)
        shown = pixels(opened(encode(Image.fromarray(levels), kind)))
        assert np.array_equal(shown[..., 0], np.round(levels / 257).astype(int))
        assert np.array_equal(shown[..., 0], shown[..., 2])

    def test_16_bit_colours_are_scaled(self):
        """Pillow writes no such file: the chunks are put together here."""
        content = encode(noise(2, 3))
        levels = np.random.default_rng(0).integers(0, 65536, (2, 3, 3))
        rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in levels)
        deep = content[:24] + b"\x10" + content[25:29]
        deep += zlib.crc32(deep[12:29]).to_bytes(4, "big")
        data = zlib.compress(rows)
        chunk = b"IDAT" + data
        deep += len(data).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
        deep += content[-12:]
        assert np.abs(pixels(opened(deep)) - levels / 257).max() <= 1

    def test_12_bits_are_scaled(self):
        levels = [0, 4095, 2048, 1000]
        expected = np.round(np.array(levels) * 255 / 4095).astype(int)
        assert pixels(opened(twelve_bit_tiff(levels)))[0, :, 0].tolist() == expected.tolist()

    @pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
    def test_cmyk_is_converted(self, kind):
        """Expected: the plain formula, (255 - c) * (255 - k) / 255."""
        flat = Image.new("CMYK", (16, 16), (200, 30, 90, 40))
        expected = [(255 - ink) * (255 - 40) / 255 for ink in (200, 30, 90)]
        assert np.abs(pixels(opened(encode(flat, kind))) - expected).max() <= 2

    @pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
    def test_of_an_animation_the_first_frame_is_taken(self, kind):
        frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "lime", "blue")]
        options = {"lossless": True} if kind == "WEBP" else {}
        content = encode(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        assert np.array_equal(pixels(opened(content)), pixels(frames[0]))

    def test_two_levels_become_black_and_white(self):
        black_and_white = noise().convert("1")
        expected = np.asarray(black_and_white)[..., None].repeat(3, axis=2) * 255
        assert np.array_equal(pixels(opened(encode(black_and_white))), expected)


BAD = {
    "empty": (b"", "empty"),
    "text": (b"no image at all", "not an image, but text"),
    "a page of PostScript": (encode(noise(), "EPS"), "not an image, but text"),
    "absurdly large": (huge_png(20_000, 20_000), "more than 179 million pixels"),
    "measurements": (encode(Image.new("F", (4, 4)), "TIFF"), "pixels of the kind F have no"),
    "Lab colours": (encode(Image.new("LAB", (4, 4)), "TIFF"), "pixels of the kind LAB have no"),
    **{
        f"half a {kind}": (encode(noise(), kind)[: len(encode(noise(), kind)) // 2], "truncated")
        for kind in ("JPEG", "PNG", "GIF", "BMP", "TIFF", "PPM", "TGA")
    },
    "half a progressive JPEG": (encode(noise(), "JPEG", progressive=True)[:2000], "truncated"),
    "half a WebP": (encode(noise(), "WEBP")[:1000], "damaged"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_used_says_why(name):
    content, reason = BAD[name]
    for use in (opened, only_colour):
        with pytest.raises(UnreadableError) as caught:
            use(content)
        assert str(caught.value).startswith(reason)
        assert "\n" not in str(caught.value)


def test_a_picture_below_pillows_limit_is_no_bomb(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 64 * 48 // 2)
    only_colour(encode(noise(48, 64)))
    with pytest.raises(UnreadableError, match="179 million"):
        only_colour(encode(noise(48, 65)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF"])
def test_checking_sees_what_opening_sees(kind):
    """A file cut anywhere, or with a byte changed, is good for both or for neither."""
    content = encode(noise(24, 32), kind)
    rng = np.random.default_rng(0)
    cuts = [content[: int(share * len(content))] for share in np.linspace(0.01, 1, 15)]
    flips = []
    for place in rng.integers(0, len(content), 15):
        flips.append(content[:place] + bytes([content[place] ^ 255]) + content[place + 1 :])
    for changed in cuts + flips:
        outcomes = []
        for use in (only_colour, opened):
            try:
                use(changed)
                outcomes.append("good")
            except UnreadableError as error:
                outcomes.append(str(error))
        assert outcomes[0] == outcomes[1]


class TestEncoded:
    def test_bytes_come_before_the_path(self, tmp_path):
        assert encoded({"bytes": b"abc", "path": "nowhere.png"}) == b"abc"
        (tmp_path / "größe 1.png").write_bytes(b"xyz")
        assert encoded({"bytes": None, "path": str(tmp_path / "größe 1.png")}) == b"xyz"

    def test_what_cannot_be_read_says_why(self, tmp_path, monkeypatch):
        (tmp_path / "loop.png").symlink_to("loop.png")
        (tmp_path / "gone.png").symlink_to("nowhere.png")
        (tmp_path / "folder.png").mkdir()
        os.mkfifo(tmp_path / "pipe.png")
        (tmp_path / "cut.parquet").write_bytes(b"PAR1")
        reasons = {
            "loop.png": "a link that leads in a circle",
            "gone.png": "a link to nothing",
            "none.png": "no such file",
            "folder.png": "not a file",
            "pipe.png": "not a file",
            "none.parquet#row=1&column=image": "no such file",
        }
        for name, reason in reasons.items():
            with pytest.raises(UnreadableError) as caught:
                encoded({"bytes": None, "path": str(tmp_path / name)})
            assert str(caught.value) == reason, name
        for place in ("offset=2&length=9", "row=1&column=image"):
            with pytest.raises(UnreadableError, match=r"cut\.parquet: "):
                encoded({"bytes": None, "path": str(tmp_path / f"cut.parquet#{place}")})
        with pytest.raises(UnreadableError, match="neither bytes nor a path"):
            encoded({"bytes": None, "path": None})

    def test_a_file_without_permission_says_so(self, tmp_path, monkeypatch):
        """Tests may run as root, who may read anything: the system's answer is put in its place."""
        (tmp_path / "a.png").write_bytes(b"xyz")

        def refuse(*_):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("os.open", refuse)
        with pytest.raises(UnreadableError, match="no permission to read it"):
            encoded({"bytes": None, "path": str(tmp_path / "a.png")})

    @pytest.mark.parametrize(
        ("suddenly", "reason"),
        [
            ("pipe", "not a file"),
            ("device", "not a file"),
            ("socket", "cannot be read (No such device or address)"),
        ],
    )
    def test_what_takes_a_files_place_is_not_waited_for(
        self, tmp_path, monkeypatch, suddenly, reason
    ):
        """The file is looked at, and what is opened is another one."""
        path = tmp_path / "a.png"
        path.write_bytes(b"xyz")
        found = os.stat(path)
        path.unlink()
        listening = socket.socket(socket.AF_UNIX)
        if suddenly == "pipe":
            os.mkfifo(path)
        elif suddenly == "device":
            path.symlink_to("/dev/zero")
        else:
            listening.bind(str(path))
        said = []

        def read():
            with pytest.raises(UnreadableError) as caught:
                encoded({"bytes": None, "path": str(path)})
            said.append(str(caught.value))

        reading = Thread(target=read, daemon=True)
        with listening, monkeypatch.context() as patched:
            patched.setattr("os.stat", lambda _: found)
            reading.start()
            reading.join(10)
        assert said == [reason]

    def test_devices_are_not_even_opened(self, tmp_path, monkeypatch):
        """To open one may do something, as rewind a tape."""
        (tmp_path / "a.png").symlink_to("/dev/zero")
        monkeypatch.setattr("os.open", pytest.fail)
        with pytest.raises(UnreadableError, match=r"^not a file$"):
            encoded({"bytes": None, "path": str(tmp_path / "a.png")})

    def test_a_file_beyond_any_picture_is_not_read(self, tmp_path):
        path = tmp_path / "a.tif"
        with path.open("wb") as file:
            file.truncate(LARGEST + 1)
        tracemalloc.start()
        with pytest.raises(UnreadableError, match=r"^larger than 1 GiB$"):
            encoded({"bytes": None, "path": str(path)})
        assert tracemalloc.get_traced_memory()[1] < 2**20
        tracemalloc.stop()

    def test_a_file_that_grows_is_read_as_far_as_it_went(self, tmp_path, monkeypatch):
        path = tmp_path / "a.png"
        path.write_bytes(b"xyz")
        before = os.stat(path)
        path.write_bytes(b"xyz and more")
        monkeypatch.setattr("os.fstat", lambda _: before)
        assert encoded({"bytes": None, "path": str(path)}) == b"xyz"


def image_table(*rows: tuple[bytes | None, str, bytes | None]) -> pa.Table:
    """Rows of bytes, path, and the content that was read into the table."""
    return pa.Table.from_pylist(
        [
            {
                "image": {"bytes": content, "path": path},
                "sha256": None if was is None else hashlib.sha256(was).hexdigest(),
            }
            for content, path, was in rows
        ],
        schema=IMAGES,
    )


class TestPictures:
    """What a table lists is what it was; see `tests/unit/test_changed_images.py` for who looks."""

    def test_they_open_one_after_another_and_name_what_they_cannot(self, tmp_path):
        bad = encode(noise())[:500]
        (tmp_path / "bad.png").write_bytes(bad)
        table = image_table(
            (encode(noise(seed=3)), "a/0", None), (None, f"{tmp_path}/bad.png", bad)
        )
        shown = pictures(table, "t.parquet")
        assert np.array_equal(pixels(next(shown)), pixels(noise(seed=3)))
        with pytest.raises(InputError, match=r"bad\.png: cannot be used as an image \(truncated\)"):
            next(shown)

    def test_what_has_changed_is_one_line_with_the_command(self, tmp_path):
        was, path = encode(noise()), tmp_path / "a b.png"
        table = image_table((None, str(path), was))
        path.write_bytes(was)
        assert np.array_equal(pixels(*pictures(table, "t.parquet")), pixels(noise()))
        path.write_bytes(encode(noise(seed=1)))
        with pytest.raises(InputError) as caught:
            list(pictures(table, "my results/t.parquet"))
        assert str(caught.value) == (
            f"{path}: has changed since my results/t.parquet was made; `rm 'my results/t.parquet'` "
            "and run again, which reads the class anew"
        )

    def test_what_has_vanished_is_one_line_with_the_command(self, tmp_path):
        table = image_table((None, f"{tmp_path}/a.png", b"was"))
        with pytest.raises(InputError) as caught:
            list(pictures(table, "t.parquet"))
        assert str(caught.value) == (
            f"{tmp_path}/a.png: cannot be read any more (no such file), but t.parquet lists it; "
            "put it back, or `rm t.parquet` and run again, which reads the class anew"
        )

    @pytest.mark.parametrize("compression", ["none", "zstd"])
    def test_of_a_parquet_file_the_index_is_made_anew_too(self, tmp_path, compression):
        contents = [encode(noise(seed=seed)) for seed in range(4)]
        file = tmp_path / "f.parquet"

        def write(contents):
            cells = pa.table({"image": [{"bytes": content, "path": "x"} for content in contents]})
            pq.write_table(cells, file, compression=compression)

        write(contents)
        places = byte_ranges.byte_ranges(file)
        place = (
            str(parquet_rows.Row(str(file), 2, "image"))
            if places is None
            else str(byte_ranges.Reference(str(file), *places[2]))
        )
        table = image_table((None, place, contents[2]))
        assert np.array_equal(pixels(*pictures(table, "t.parquet")), pixels(noise(seed=2)))
        for said, change in (
            ("has changed since t.parquet was made; ", lambda: write(contents[::-1])),
            ("cannot be read any more (", file.unlink),
        ):
            change()
            with pytest.raises(InputError) as caught:
                list(pictures(table, "t.parquet"))
            assert str(caught.value).startswith(f"{place}: {said}")
            assert f"`rm t.parquet && touch {file}` and run again" in str(caught.value)

    def test_bytes_of_the_table_itself_are_not_hashed(self, monkeypatch):
        monkeypatch.setattr("hashlib.sha256", pytest.fail)
        table = image_table((encode(noise()), "a/0", None))
        assert np.array_equal(pixels(*pictures(table, "t.parquet")), pixels(noise()))
