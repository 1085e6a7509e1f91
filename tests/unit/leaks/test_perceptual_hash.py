"""The hash stays where a picture is scaled, saved anew or dimmed, and follows its definition."""

import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from sklearn.datasets import load_sample_images

from synthgap.leaks.perceptual_hash import BITS, distances, perceptual_hash

PHOTOGRAPHS = [Image.fromarray(each) for each in load_sample_images().images]
CROPS = [
    photograph.crop((left, top, left + 160, top + 160))
    for photograph in PHOTOGRAPHS
    for left in range(0, 480, 160)
    for top in (0, 160, 260)
]


def saved(picture: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def apart(one: Image.Image, other: Image.Image) -> int:
    return int(distances(perceptual_hash(one)[None], perceptual_hash(other)[None])[0])


CHANGES = {
    "saved anew": (lambda picture: saved(picture, 60), 4),
    "larger": (lambda picture: picture.resize((230, 230), Image.Resampling.BICUBIC), 4),
    "smaller": (lambda picture: picture.resize((64, 64), Image.Resampling.BICUBIC), 4),
    "brighter": (lambda picture: ImageEnhance.Brightness(picture).enhance(1.1), 6),
    "darker": (lambda picture: ImageEnhance.Brightness(picture).enhance(0.8), 4),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_copy_keeps_nearly_all_bits(change):
    made, most = CHANGES[change]
    assert max(apart(picture, made(picture)) for picture in PHOTOGRAPHS) <= most


def test_other_pictures_differ_in_many_bits():
    found = [apart(one, other) for one in CROPS for other in CROPS if one is not other]
    assert np.quantile(found, 0.1) >= 16
    assert 24 < np.mean(found) < 36


def test_the_hash_is_that_of_its_definition():
    """A cosine transform by its sum, as imagehash.phash has it, and half of the bits are set."""
    for picture in CROPS[:4]:
        levels = np.asarray(
            picture.convert("L").resize((32, 32), Image.Resampling.LANCZOS), np.float64
        )
        place = np.arange(32)
        waves = 2 * np.cos(np.pi * np.outer(np.arange(8), 2 * place + 1) / 64)
        lowest = waves @ levels @ waves.T
        expected = lowest > np.median(lowest)
        assert (perceptual_hash(picture) == expected.ravel()).all()
        assert perceptual_hash(picture).sum() == BITS // 2


def test_a_single_colour_has_a_hash_too():
    assert perceptual_hash(Image.new("RGB", (5, 9), "red")).shape == (BITS,)
