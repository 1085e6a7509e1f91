"""What a pipeline is asked for, the pixels that it returns, and how they are encoded."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from synthgap.image_files.flags import BLACK, NOT_A_NUMBER, ONE_COLOUR, SAFETY_CHECKER

if TYPE_CHECKING:
    import torch


class Request(NamedTuple):
    """One image to make."""

    prompt: str
    seed: int


class Picture(NamedTuple):
    """One image that was made."""

    pixels: UInt8[np.ndarray, "h w 3"]
    flag: str | None
    """What is wrong with it: a word of `image_files.flags`; None for an ordinary picture."""


def pictures(
    images: "Float[torch.Tensor, 'n c h w'] | Float[np.ndarray, 'n h w c']",
    unsafe: Sequence[bool] | None = None,
) -> list[Picture]:
    """Turn what a pipeline returns into grey levels, and flag what is no picture.

    Args:
        images: values from 0 to 1, rounded to the nearest of 256 levels as diffusers does. What is
            not a number becomes 0. One channel stands for three equal ones.
        unsafe: what a safety checker blackened.
    """
    import torch

    if not isinstance(images, torch.Tensor):
        images = torch.from_numpy(images).permute(0, 3, 1, 2)
    finite = images.isfinite().flatten(1).all(1)
    clipped = images.float().nan_to_num(0.0).clamp(0, 1)
    levels = (clipped * 255).round().to(torch.uint8).expand(-1, 3, -1, -1)
    colours = levels.flatten(2)
    uniform = (colours == colours[..., :1]).flatten(1).all(1)
    black = (levels == 0).flatten(1).all(1)
    found = {
        SAFETY_CHECKER: unsafe or [False] * len(levels),
        NOT_A_NUMBER: (~finite).tolist(),
        BLACK: black.tolist(),
        ONE_COLOUR: uniform.tolist(),
    }
    # The first that holds says most: a black image is also of one colour.
    flags = [
        next((flag for flag, hits in found.items() if hits[number]), None)
        for number in range(len(levels))
    ]
    pixels = levels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
    return [Picture(*both) for both in zip(pixels, flags, strict=True)]


def encoded(
    pixels: UInt8[np.ndarray, "h w 3"], image_format: Literal["png", "jpeg"], quality: int
) -> bytes:
    """Encode a picture; the quality is that of JPEG."""
    from PIL import Image

    buffer = io.BytesIO()
    options: dict[str, Any] = {"quality": quality} if image_format == "jpeg" else {}
    Image.fromarray(pixels).save(buffer, format=image_format, **options)
    return buffer.getvalue()
