"""The generator `diffusers`: any text-to-image pipeline that the diffusers library opens."""

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import Field

from synthgap.devices import best_device, held
from synthgap.errors import InputError
from synthgap.models import Checkpoint, ModelSource, opening
from synthgap.section import Section

if TYPE_CHECKING:
    from PIL import Image


class Request(NamedTuple):
    """One image to make."""

    prompt: str
    seed: int


class DiffusersGenerator(Section):
    """A text-to-image pipeline of the diffusers library."""

    kind: Literal["diffusers"]
    """A pipeline that diffusers' AutoPipelineForText2Image opens."""
    model: ModelSource
    """Where the pipeline comes from."""
    scheduler: str | None = Field(default=None, pattern=r"^[A-Za-z]+Scheduler$")
    """Class name of a diffusers scheduler; the pipeline's own if left out."""
    num_inference_steps: int = Field(ge=1)
    """Denoising steps."""
    height: int = Field(ge=8, multiple_of=8)
    """Height of the images in pixels."""
    width: int = Field(ge=8, multiple_of=8)
    """Width of the images in pixels."""
    negative_prompt: str | None = None
    """What the images shall not show."""
    dtype: Literal["float32", "float16", "bfloat16"] = "float32"
    """Number format of the model's weights and of its computation."""
    image_format: Literal["png", "jpeg"] = "png"
    """How images are stored."""
    jpeg_quality: int = Field(default=95, ge=1, le=100)
    """Quality of JPEG images."""
    batch_size: int = Field(default=8, ge=1)
    """Images made at once; decides speed and memory, not what an image shows."""

    def deciding(self) -> dict[str, Any]:
        """What decides an image, besides prompt, seed, guidance scale and the model's weights."""
        deciding = self.model_dump(mode="json", exclude={"model", "batch_size"})
        if self.image_format == "png":
            del deciding["jpeg_quality"]
        return deciding

    def images(
        self,
        checkpoint: Checkpoint,
        guidance_scale: float,
        requests: Sequence[Request],
        threads: int,
    ) -> Iterator[bytes]:
        """Make images and yield them encoded, in the order of the requests.

        Each image starts from noise of its own seed, drawn on the CPU, so that it depends neither
        on the device nor on what is made beside it (beyond rounding).

        Raises:
            InputError: the checkpoint cannot be opened, or has no such scheduler.
        """
        import torch

        device = best_device(threads)
        pipeline = held((self, checkpoint), lambda: self._open(checkpoint).to(device))
        for start in range(0, len(requests), self.batch_size):
            requested = requests[start : start + self.batch_size]
            noise = [torch.Generator("cpu").manual_seed(request.seed) for request in requested]
            made = pipeline(
                prompt=[request.prompt for request in requested],
                negative_prompt=[self.negative_prompt] * len(requested)
                if self.negative_prompt is not None
                else None,
                height=self.height,
                width=self.width,
                num_inference_steps=self.num_inference_steps,
                guidance_scale=guidance_scale,
                generator=noise,
            )
            yield from map(self._encode, made.images)

    def _open(self, checkpoint: Checkpoint) -> Any:
        import diffusers
        import torch

        with opening(checkpoint.location, "a text-to-image pipeline"):
            pipeline = diffusers.AutoPipelineForText2Image.from_pretrained(
                checkpoint.location,
                revision=checkpoint.revision,
                dtype=getattr(torch, self.dtype),
                use_safetensors=True,
                safety_checker=None,
                requires_safety_checker=False,
            )
        if self.scheduler is not None:
            scheduler = getattr(diffusers, self.scheduler, None)
            if scheduler is None:
                raise InputError(f"scheduler: diffusers has no {self.scheduler}")
            pipeline.scheduler = scheduler.from_config(pipeline.scheduler.config)
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

    def _encode(self, image: "Image.Image") -> bytes:
        buffer = io.BytesIO()
        if self.image_format == "png":
            image.save(buffer, format="PNG")
        else:
            image.save(buffer, format="JPEG", quality=self.jpeg_quality)
        return buffer.getvalue()
