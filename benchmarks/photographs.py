"""Encoded pictures that cost about as much to open as photographs of their size."""

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image

DISTINCT = 32
"""Pictures that differ; more would only take longer to make."""


def pictures(count: int, side: int, image_format: str, quality: int = 95) -> Iterator[bytes]:
    """Colour gradients with some grain.

    Args:
        count: how many; after the first 32 they repeat.
        side: height and width in pixels.
        image_format: jpeg or png.
        quality: of JPEG.
    """
    options = {"quality": quality} if image_format == "jpeg" else {}
    made = []
    for number in range(min(count, DISTINCT)):
        rng = np.random.default_rng(number)
        coarse = Image.fromarray(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8))
        smooth = np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC), dtype=int)
        grainy = np.clip(smooth + rng.integers(-6, 7, smooth.shape), 0, 255).astype(np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(grainy).save(buffer, format=image_format, **options)
        made.append(buffer.getvalue())
    for number in range(count):
        yield made[number % len(made)]
