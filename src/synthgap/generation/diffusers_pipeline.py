"""The generator `diffusers`: any text-to-image pipeline that the diffusers library opens."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
from jaxtyping import UInt8
from pydantic import Field, field_validator, model_validator

from synthgap.errors import InputError
from synthgap.generation.batches import BatchSize, CudaMemory
from synthgap.generation.compiling import CompiledDenoiser
from synthgap.generation.found_sizes import FoundSize
from synthgap.generation.guidance import ConditionAnnealing, GuidanceInterval
from synthgap.generation.guided_denoiser import GuidedDenoiser
from synthgap.generation.maker import Effort, Maker
from synthgap.generation.opening import SET_BY_SYNTHGAP, call_arguments, open_pipeline
from synthgap.generation.pictures import Picture, Request, encoded, pictures
from synthgap.jobs.devices import best_device, device_facts
from synthgap.models import Checkpoint, ModelSource, held
from synthgap.refusals import shown

LATER = ("guidance_interval", "condition_annealing", "pag_scale", "pag_applied_layers")
"""Keys of which a study without them shows nothing."""


class DiffusersGenerator(Maker):
    """A text-to-image pipeline of the diffusers library."""

    kind: Literal["diffusers"]
    """A text-to-image pipeline that diffusers opens: Stable Diffusion, SDXL, SD3, PixArt, FLUX and
    so on."""
    model: ModelSource
    """Where the pipeline comes from."""
    scheduler: str | None = Field(default=None, pattern=r"^[A-Za-z0-9]+Scheduler$")
    """Class name of a diffusers scheduler; the pipeline's own if left out."""
    num_inference_steps: int = Field(ge=1)
    """Denoising steps."""
    height: int = Field(ge=8, multiple_of=8)
    """Height of the images in pixels."""
    width: int = Field(ge=8, multiple_of=8)
    """Width of the images in pixels."""
    negative_prompt: str | None = None
    """What the images shall not show."""
    arguments: dict[str, Any] = Field(default={})
    """Further keyword arguments of the pipeline's call, by its own names, such as
    `guidance_rescale`."""
    guidance_interval: GuidanceInterval | None = None
    """Noise levels at which there is guidance; at all of them if left out."""
    condition_annealing: ConditionAnnealing | None = None
    """Noise on the prompt's embedding that fades while an image is made; none if left out."""
    pag_scale: float | None = Field(default=None, gt=0)
    """Weight of perturbed-attention guidance (arXiv 2403.17377), which leads away from what the
    model makes where its self-attention sees nothing but each place itself. Apart from the guidance
    scale, and with it; none if left out."""
    pag_applied_layers: tuple[str, ...] | None = Field(default=None, min_length=1)
    """Where self-attention is perturbed: parts of layers' names, as regular expressions, such as
    `mid`; goes with `pag_scale`."""
    dtype: Literal["float32", "float16", "bfloat16"] = "float32"
    """Number format of the model's weights and of its computation."""
    safety_checker: bool = False
    """Whether the pipeline's safety checker is loaded, which blackens what it takes for indecent.
    Such images count as flagged."""
    image_format: Literal["png", "jpeg"] = "png"
    """How images are stored."""
    jpeg_quality: int = Field(default=95, ge=1, le=100)
    """Quality of JPEG images."""
    batch_size: Literal["auto"] | int = "auto"
    """Images made at once; decides speed and memory, not what an image shows. `auto` finds what a
    GPU's memory holds, at most 64, and is 8 on a CPU. Whatever is set is halved where memory runs
    out."""
    compile: bool = False
    """Whether the denoiser is compiled first (`torch.compile`), which takes its time once a process
    and then makes images faster; decides speed alone."""

    UNDECIDING: ClassVar = Maker.UNDECIDING | {"batch_size", "compile"}
    PACKAGES: ClassVar = ("diffusers", "pillow", "torch", "transformers")

    @field_validator("batch_size", mode="before")
    @classmethod
    def _auto_or_number(cls, size: Any) -> Any:
        if size != "auto" and (type(size) is not int or size < 1):
            raise ValueError(f"must be auto or a whole number from 1, not {shown(size)}")
        return size

    @field_validator("arguments")
    @classmethod
    def _free_and_plain(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        for name, value in arguments.items():
            if name in SET_BY_SYNTHGAP:
                raise ValueError(f"{name} is set by synthgap; use the key of that name, or drop it")
            try:
                json.dumps(value, allow_nan=False)
            except (TypeError, ValueError) as error:
                raise ValueError(
                    f"{name} must be made of numbers, texts, lists and mappings, not {shown(value)}"
                ) from error
        return arguments

    @field_validator("pag_applied_layers")
    @classmethod
    def _expressions(cls, layers: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for layer in layers or ():
            try:
                re.compile(layer)
            except re.error as error:
                raise ValueError(f"{shown(layer)} is no regular expression ({error})") from error
        return layers

    @model_validator(mode="after")
    def _perturbed_somewhere(self) -> Self:
        if (self.pag_scale is None) != (self.pag_applied_layers is None):
            raise ValueError("pag_scale and pag_applied_layers go together: give both or none")
        return self

    def deciding(self) -> dict[str, Any]:
        """What decides an image, besides prompt, seed, guidance scale and the model's weights."""
        deciding = super().deciding()
        if self.image_format == "png":
            del deciding["jpeg_quality"]
        # Keys that came later leave the keys of older images as they were.
        for name in ("arguments", "safety_checker", *LATER):
            if not deciding[name]:
                del deciding[name]
        return deciding

    def params(self) -> dict[str, Any]:
        """What a job is told of it as parameters, which keys that came later leave as they were."""
        given = super().params()
        return {name: value for name, value in given.items() if name not in LATER or value}

    def opens(self) -> ModelSource:
        """The pipeline."""
        return self.model

    def effort(self) -> Effort:
        """An image of this size, denoised in so many steps."""
        return Effort(self.height * self.width, self.num_inference_steps)

    def resources(self) -> dict[str, int]:
        """Batch size (0 is `auto`) and compilation besides."""
        batch_size = 0 if self.batch_size == "auto" else self.batch_size
        return {**super().resources(), "batch_size": batch_size, "compile": int(self.compile)}

    def with_resources(self, resources: Mapping[str, int]) -> Self:
        """Take back what `resources` gave."""
        update = {
            "batch_size": resources["batch_size"] or "auto",
            "compile": bool(resources["compile"]),
        }
        return super().with_resources(resources).model_copy(update=update)

    def encode(self, pixels: UInt8[np.ndarray, "h w 3"]) -> bytes:
        """Encode a picture as it is stored."""
        return encoded(pixels, self.image_format, self.jpeg_quality)

    def images(
        self,
        checkpoint: Checkpoint,
        guidance_scale: float,
        requests: Sequence[Request],
        threads: int,
    ) -> Iterator[Picture]:
        """Make images and yield them in the order of the requests.

        Each image starts from noise of its own seed, drawn on the CPU, so that it depends neither
        on the device nor on what is made beside it (beyond rounding).

        Raises:
            InputError: the checkpoint cannot be opened or refuses a setting, or a single image
                does not fit into memory.
        """
        device = best_device(threads)
        opened = held((self.model_dump_json(), checkpoint), lambda: _Open(self, checkpoint, device))
        settings = {
            "height": self.height,
            "width": self.width,
            "num_inference_steps": self.num_inference_steps,
            "guidance_scale": guidance_scale,
            "pag_scale": self.pag_scale,
            "negative_prompt": self.negative_prompt,
        }
        arguments = call_arguments(opened.pipeline, opened.location, settings, self.arguments)
        yield from opened.batch_size.batches(
            requests,
            lambda batch: opened.make(batch, arguments, guidance_scale),
            f"{opened.location}: not even one image of {self.width}×{self.height} in {self.dtype} "
            f"fits into the memory of {device}; lower its size, or use float16 or bfloat16",
        )


class _Open:
    """A pipeline on a device, with what this process has found out about it."""

    def __init__(self, spec: DiffusersGenerator, checkpoint: Checkpoint, device: Any) -> None:
        self.location = checkpoint.location
        self.size = (spec.height, spec.width)
        self.pipeline, in_batches = open_pipeline(
            checkpoint,
            dtype=spec.dtype,
            scheduler=spec.scheduler,
            safety_checker=spec.safety_checker,
            device=device,
            pag_applied_layers=spec.pag_applied_layers,
        )
        self._guided: GuidedDenoiser | None = None
        if spec.guidance_interval is not None or spec.condition_annealing is not None:
            self._guided = GuidedDenoiser(
                self.pipeline, self.location, spec.guidance_interval, spec.condition_annealing
            )
        memory, found = None, None
        if device.type == "cuda":
            memory = CudaMemory(device)
            work = {"model": checkpoint.identity, **spec.deciding(), **device_facts(device)}
            found = FoundSize(work)
        self.batch_size = BatchSize(spec.batch_size if in_batches else 1, memory, found)
        self._to_compile = spec.compile
        self._compiled: CompiledDenoiser | None = None

    def make(
        self, requests: Sequence[Request], arguments: dict[str, Any], guidance_scale: float
    ) -> list[Picture]:
        """Make one batch."""
        if not self._to_compile:
            return self._made(requests, arguments, guidance_scale)
        self._compiled = self._compiled or CompiledDenoiser(self.pipeline, self.location)
        whole = self._compiled.filled_up(requests)
        # A size that still grows would be compiled for nothing.
        usual = self.batch_size.size if self.batch_size.settled else None
        with self._compiled.running(len(whole), usual):
            return self._made(whole, arguments, guidance_scale)[: len(requests)]

    def _made(
        self, requests: Sequence[Request], arguments: dict[str, Any], guidance_scale: float
    ) -> list[Picture]:
        import torch

        if self._guided is not None:
            self._guided.begin(requests, guidance_scale)
        if "negative_prompt" in arguments:
            arguments = {
                **arguments,
                "negative_prompt": [arguments["negative_prompt"]] * len(requests),
            }
        try:
            made = self.pipeline(
                prompt=[request.prompt for request in requests],
                generator=[torch.Generator("cpu").manual_seed(each.seed) for each in requests],
                output_type="pt",
                **arguments,
            )
        except InputError:
            raise
        except ValueError as error:
            reason = " ".join(str(error).split())[:300]
            kind = type(self.pipeline).__name__
            raise InputError(f"{self.location}: {kind} refuses its settings ({reason})") from error
        found = pictures(made.images, getattr(made, "nsfw_content_detected", None))
        height, width = found[0].pixels.shape[:2]
        if (height, width) != self.size:
            raise InputError(
                f"{self.location}: makes images of {width}×{height} where {self.size[1]}×"
                f"{self.size[0]} were asked for; ask for a width and height that it can make"
            )
        return found


OpenPipeline = _Open
"""What a generator that changes a pipeline derives its own from."""
