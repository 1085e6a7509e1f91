"""The generator `adapted`: a pipeline of diffusers that natural images or further weights adapt."""

import inspect
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Literal, Self

from PIL import ImageOps
from pydantic import PrivateAttr, field_validator, model_validator

from synthgap.generation.adapting import ImagePrompt, ImageToImage, LoRA, TextualInversion, Weights
from synthgap.generation.diffusers_pipeline import DiffusersGenerator, OpenPipeline
from synthgap.generation.further_weights import (
    from_images,
    image_embeddings,
    lead_each_by_its_own,
    load_image_prompt,
    load_loras,
    load_textual_inversions,
)
from synthgap.generation.maker import Effort
from synthgap.generation.natural_choice import NaturalImages
from synthgap.generation.opening import call_arguments
from synthgap.generation.pictures import Picture, Request
from synthgap.jobs.devices import best_device
from synthgap.models import Checkpoint, held

WAYS = ("image_to_image", "image_prompt", "loras", "textual_inversions")
"""How a pipeline is adapted, each a key."""

OF_IMAGES = frozenset({"image", "strength", "ip_adapter_image", "ip_adapter_image_embeds"})
"""Arguments of a pipeline's call that these keys stand for."""

OF_A_FILE = set(Weights.model_fields)

PLACES: Any = {
    "loras": {"__all__": OF_A_FILE},
    "textual_inversions": {"__all__": OF_A_FILE},
    "image_prompt": {*OF_A_FILE, "image_encoder"},
}
"""Where weights lie, which decides nothing: what they are does, and is part of the checkpoint's
identity."""


class AdaptedGenerator(DiffusersGenerator):
    """A text-to-image pipeline of the diffusers library, adapted to natural images or by further
    weights; all keys of the kind `diffusers`, and at least one of the last four. What is made from
    natural-train may copy it, which the leak check looks for; natural-val is never seen."""

    kind: Literal["adapted"]  # type: ignore[assignment]
    """A pipeline as of the kind `diffusers`, adapted."""
    image_to_image: ImageToImage | None = None
    """Images begin with natural ones, in place of noise alone."""
    image_prompt: ImagePrompt | None = None
    """Images are led by natural ones, besides the prompt."""
    loras: tuple[LoRA, ...] = ()
    """Low-rank changes of the model's weights, all of them at once."""
    textual_inversions: tuple[TextualInversion, ...] = ()
    """Words that the model shall know besides, for prompts to use."""

    PACKAGES: ClassVar = (*DiffusersGenerator.PACKAGES, "peft")  # type: ignore[assignment]

    _natural: NaturalImages | None = PrivateAttr(default=None)

    @field_validator("arguments")
    @classmethod
    def _no_images(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        for name in sorted(OF_IMAGES & arguments.keys()):
            raise ValueError(f"{name} is set by image_to_image or image_prompt; drop it")
        return arguments

    @model_validator(mode="after")
    def _adapted(self) -> Self:
        if not any(getattr(self, way) for way in WAYS):
            raise ValueError(f"name one of {', '.join(WAYS)}, or write kind: diffusers")
        if self.image_to_image is not None and self.effort().steps < 1:
            raise ValueError(
                f"image_to_image.strength {self.image_to_image.strength:g} leaves no step of "
                f"num_inference_steps: {self.num_inference_steps}; raise one of them"
            )
        for key in ("guidance_interval", "pag_scale"):
            if self.image_prompt is not None and getattr(self, key) is not None:
                raise ValueError(f"image_prompt and {key} do not go together; drop one of them")
        tokens = [inversion.token for inversion in self.textual_inversions]
        for token in tokens:
            if tokens.count(token) > 1:
                raise ValueError(f"textual_inversions: {token} occurs twice; rename one of them")
        return self

    @property
    def needs_natural(self) -> bool:
        """Whether its images are made from natural ones."""
        return self.image_to_image is not None or self.image_prompt is not None

    def further(self) -> dict[str, tuple[str, str | None]]:
        """What it loads besides the pipeline, by the key that names each: where it lies, and the
        commit of what lies in a repository."""
        found: dict[str, tuple[str, str | None]] = {}
        for key in ("loras", "textual_inversions"):
            for number, each in enumerate(getattr(self, key)):
                found[f"{key}[{number}]"] = each.whole_place
        if self.image_prompt is not None:
            encoder = self.image_prompt.image_encoder
            place = encoder.repository or encoder.folder or ""
            if encoder.subfolder is not None:
                place = f"{place}/{encoder.subfolder}"
            found["image_prompt"] = self.image_prompt.whole_place
            found["image_prompt.image_encoder"] = (place, encoder.revision)
        return found

    def effort(self) -> Effort:
        """An image of this size, denoised in as many steps as its strength leaves."""
        whole = super().effort()
        strength = 1.0 if self.image_to_image is None else self.image_to_image.strength
        # As the pipelines of diffusers count.
        return whole._replace(steps=int(whole.steps * strength))

    def with_natural(self, natural: NaturalImages) -> Self:
        """Take the natural images of a class."""
        bound = self.model_copy()
        bound._natural = natural
        return bound

    def deciding(self) -> dict[str, Any]:
        """What decides an image, besides prompt, seed, guidance scale and the weights of the model
        and of what is loaded into it."""
        deciding = super().deciding()
        said = self.model_dump(mode="json", include=set(WAYS), exclude=PLACES)
        natural = {} if self._natural is None else {"natural": self._natural.identity}
        return {
            **{key: value for key, value in deciding.items() if key not in WAYS},
            **{way: value for way, value in said.items() if value},
            **natural,
        }

    def images(
        self,
        checkpoint: Checkpoint,
        guidance_scale: float,
        requests: Sequence[Request],
        threads: int,
    ) -> Iterator[Picture]:
        """Make images and yield them in the order of the requests.

        The identity of the checkpoint covers all weights that are loaded (see `adapted_table`).

        Raises:
            InputError: the pipeline cannot be opened or adapted or refuses a setting, or a single
                image does not fit into memory.
        """
        device = best_device(threads)
        opened = held(
            (self.model_dump_json(), checkpoint), lambda: _Adapted(self, checkpoint, device)
        )
        opened.natural = self._natural
        size = {"height": self.height, "width": self.width}
        settings = {
            "num_inference_steps": self.num_inference_steps,
            "guidance_scale": guidance_scale,
            "pag_scale": self.pag_scale,
            "negative_prompt": self.negative_prompt,
            # Some pipelines take the size of the image that they begin with.
            **(size if opened.takes("height") else {}),
            **({} if self.image_to_image is None else self.image_to_image.model_dump()),
        }
        arguments = call_arguments(opened.pipeline, opened.location, settings, self.arguments)
        yield from opened.batch_size.batches(
            requests,
            lambda batch: opened.make(batch, arguments, guidance_scale),
            f"{opened.location}: not even one image of {self.width}×{self.height} in {self.dtype} "
            f"fits into the memory of {device}; lower its size, or use float16 or bfloat16",
        )


class _Adapted(OpenPipeline):
    """An adapted pipeline on a device."""

    natural: NaturalImages | None = None
    """Of the class whose images are made."""

    def __init__(self, spec: AdaptedGenerator, checkpoint: Checkpoint, device: Any) -> None:
        super().__init__(spec, checkpoint, device)
        self._spec = spec
        if spec.loras:
            load_loras(self.pipeline, self.location, spec.loras)
        if spec.textual_inversions:
            load_textual_inversions(self.pipeline, self.location, spec.textual_inversions)
        if spec.image_prompt is not None:
            load_image_prompt(self.pipeline, self.location, spec.image_prompt)
        if spec.image_to_image is not None:
            self.pipeline = from_images(self.pipeline, self.location)
        if spec.image_prompt is not None:
            lead_each_by_its_own(self.pipeline)

    def takes(self, argument: str) -> bool:
        """Whether the call of the pipeline has an argument."""
        return argument in inspect.signature(self.pipeline.__call__).parameters

    def _made(
        self, requests: Sequence[Request], arguments: dict[str, Any], guidance_scale: float
    ) -> list[Picture]:
        more: dict[str, Any] = {}
        if self.natural is not None:
            images = self.natural.of([request.seed for request in requests])
            if self._spec.image_to_image is not None:
                height, width = self.size
                # The largest part in the middle that has the shape.
                more["image"] = [ImageOps.fit(image, (width, height)) for image in images]
            if self._spec.image_prompt is not None:
                guided = guidance_scale > 1 and not self.pipeline.unet.config.time_cond_proj_dim
                seen = image_embeddings(self.pipeline, images, guided)
                more["ip_adapter_image_embeds"] = seen
        return super()._made(requests, {**arguments, **more}, guidance_scale)
