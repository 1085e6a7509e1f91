import io

import numpy as np
import pytest
import torch
from diffusers.image_processor import VaeImageProcessor
from PIL import Image

from synthgap.generation.pictures import encoded, pictures


def noise(images: int = 3) -> torch.Tensor:
    return torch.rand(images, 3, 8, 16, generator=torch.Generator().manual_seed(0))


def test_levels_are_those_of_diffusers():
    # Halves, where rounding could differ, among them.
    images = torch.cat([noise(), (torch.arange(384) / 2 / 255).reshape(1, 3, 8, 16)])
    expected = VaeImageProcessor.numpy_to_pil(VaeImageProcessor.pt_to_numpy(images))
    found = [picture.pixels for picture in pictures(images)]
    assert np.array_equal(np.stack(found), np.stack([np.asarray(image) for image in expected]))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_levels_in_half_precision_are_those_of_diffusers(dtype):
    images = noise().to(dtype)
    expected = VaeImageProcessor.numpy_to_pil(VaeImageProcessor.pt_to_numpy(images))
    found = [picture.pixels for picture in pictures(images)]
    assert np.array_equal(np.stack(found), np.stack([np.asarray(image) for image in expected]))


def test_arrays_are_taken_as_tensors_are():
    images = noise()
    of_array = pictures(images.permute(0, 2, 3, 1).numpy())
    for one, other in zip(of_array, pictures(images), strict=True):
        assert np.array_equal(one.pixels, other.pixels)


def test_one_channel_stands_for_three():
    (grey,) = pictures(noise(1)[:, :1])
    assert grey.pixels.shape == (8, 16, 3)
    assert np.array_equal(grey.pixels[..., 0], grey.pixels[..., 2])


def test_what_is_no_picture_is_flagged():
    images = noise(6)
    images[0] = 0
    images[1] = torch.tensor([0.1, 0.9, 0.4])[:, None, None]
    images[2, 1, 3, 5] = float("nan")
    images[3] = float("nan")
    # One pixel that differs by a level in one channel makes it a picture.
    images[4] = 0
    images[4, 0, 0, 0] = 1 / 255
    found = pictures(images)
    assert [picture.flag for picture in found] == [
        "black",
        "one colour",
        "not a number",
        "not a number",
        None,
        None,
    ]
    assert not found[3].pixels.any()


def test_what_the_safety_checker_blackened_says_so():
    images = noise(2)
    images[1] = 0
    assert [p.flag for p in pictures(images, [False, True])] == [None, "safety checker"]


def test_encodes_as_pillow_does():
    (picture,) = pictures(noise(1))
    with Image.open(io.BytesIO(encoded(picture.pixels, "png", 95))) as png:
        assert png.format == "PNG"
        assert np.array_equal(np.asarray(png), picture.pixels)
    expected = io.BytesIO()
    Image.fromarray(picture.pixels).save(expected, format="JPEG", quality=40)
    assert encoded(picture.pixels, "jpeg", 40) == expected.getvalue()
