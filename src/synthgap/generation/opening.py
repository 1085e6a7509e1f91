"""Opening a text-to-image pipeline of diffusers, and telling what it can be called with."""

import inspect
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

from synthgap.errors import InputError
from synthgap.generation.noise_levels import matches_flow
from synthgap.generation.prompt_memo import PromptMemo
from synthgap.models import Checkpoint, opening

if TYPE_CHECKING:
    import torch

SET_BY_SYNTHGAP = frozenset(
    {
        "prompt",
        "negative_prompt",
        "guidance_scale",
        "pag_scale",
        "num_inference_steps",
        "height",
        "width",
        "generator",
        "num_images_per_prompt",
        "output_type",
        "return_dict",
    }
)
"""Arguments of a pipeline's call that have keys of their own, or that the tables depend on."""


class Opened(NamedTuple):
    """A pipeline on a device."""

    pipeline: Any
    """Of the class that diffusers found for the checkpoint."""
    in_batches: bool
    """Whether the images of a batch are known to be independent of each other. A pipeline that
    `AutoPipelineForText2Image` does not list may mix them (StableDiffusionPanoramaPipeline does)
    and has to make them one at a time."""


def open_pipeline(
    checkpoint: Checkpoint,
    *,
    dtype: str,
    scheduler: str | None,
    safety_checker: bool,
    device: "torch.device",
    pag_applied_layers: Sequence[str] | None = None,
) -> Opened:
    """Open a pipeline on a device: safetensors only, and no code from the checkpoint.

    Weights are in `dtype`, but for those that diffusers and transformers keep in float32 because
    they overflow (the VAE of SDXL while it decodes, the feed-forward outputs of T5). Attention is
    PyTorch's `scaled_dot_product_attention`, the default of diffusers. With `pag_applied_layers` it
    is the pipeline of the same model that has perturbed-attention guidance.

    Raises:
        InputError: the checkpoint cannot be opened, has no safety checker or perturbed attention
            although one is wanted, or cannot be sampled with this scheduler.
    """
    import diffusers
    import torch

    location = checkpoint.location
    where = ", from the hub or its local cache" if checkpoint.revision else ""
    with opening(location, f"a text-to-image pipeline{where}"):
        parts = diffusers.DiffusionPipeline.load_config(location, revision=checkpoint.revision)
        options: dict[str, Any] = {}
        if "safety_checker" in parts and not safety_checker:
            options = {"safety_checker": None, "requires_safety_checker": False}
        if pag_applied_layers is not None:
            options |= {"enable_pag": True, "pag_applied_layers": list(pag_applied_layers)}
        opened = _from_pretrained(
            location,
            revision=checkpoint.revision,
            dtype=getattr(torch, dtype),
            use_safetensors=True,
            **options,
        )
        pipeline = opened.pipeline.to(device)
    if safety_checker and getattr(pipeline, "safety_checker", None) is None:
        raise InputError(f"{location}: has no safety checker; leave out safety_checker")
    if scheduler is not None:
        pipeline.scheduler = _scheduler(scheduler, pipeline.scheduler, location)
    if device.type == "cuda":
        _channels_last(pipeline)
        _decoded_one_by_one(pipeline)
    if hasattr(pipeline, "encode_prompt"):
        pipeline.encode_prompt = PromptMemo(pipeline.encode_prompt)
    pipeline.set_progress_bar_config(disable=True)
    return opened


def _from_pretrained(location: str, **options: Any) -> Opened:
    import diffusers

    try:
        auto = diffusers.AutoPipelineForText2Image.from_pretrained(location, **options)
        return Opened(auto, in_batches=True)
    except ValueError as error:
        # It knows families of pipelines, not every single one.
        if "can't find a pipeline" not in str(error):
            raise
        if options.get("enable_pag"):
            raise ValueError(
                "diffusers has no perturbed-attention guidance for it; leave out pag_scale and "
                "pag_applied_layers"
            ) from error
    other = diffusers.DiffusionPipeline.from_pretrained(location, **options)
    return Opened(other, in_batches=False)


def _scheduler(name: str, own: Any, location: str) -> Any:
    import diffusers

    kind = getattr(diffusers, name, None)
    if kind is None:
        near = get_close_matches(name, [n for n in dir(diffusers) if n.endswith("Scheduler")], 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise InputError(f"scheduler: diffusers has no {name}{hint}")
    try:
        chosen = kind.from_config(own.config)
    except (ImportError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"scheduler: {name} cannot be used ({reason})") from error
    if matches_flow(chosen) != matches_flow(own):
        raise InputError(
            f"scheduler: {location} was made for {type(own).__name__}; {name} samples another kind "
            "of model (flow matching and diffusion do not mix)"
        )
    return chosen


def _channels_last(pipeline: Any) -> None:
    """Lay out the convolutions as tensor cores read them."""
    import torch

    for name in ("unet", "vae"):
        part = getattr(pipeline, name, None)
        # Video autoencoders convolve in three dimensions and have no such layout.
        if part is not None and all(weight.dim() < 5 for weight in part.parameters()):
            part.to(memory_format=torch.channels_last)


def _decoded_one_by_one(pipeline: Any) -> None:
    """Let the images of a batch be decoded one after another.

    A single large image keeps a GPU busy. 64 at once take 30 GB where the denoiser takes 4, and
    exceed what convolutions and upsampling can address by 32 bits.
    """
    slicing = getattr(getattr(pipeline, "vae", None), "enable_slicing", None)
    if slicing is not None:
        slicing()


def call_arguments(
    pipeline: Any, location: str, settings: Mapping[str, Any], arguments: Mapping[str, Any]
) -> dict[str, Any]:
    """Join what every image is made with, and check it against the pipeline's own signature.

    Args:
        pipeline: an open pipeline.
        location: where it comes from, for messages.
        settings: what synthgap sets, by the names of diffusers; None is left to the pipeline.
        arguments: further keyword arguments, as the study gives them.

    Raises:
        InputError: the pipeline does not take one of them.
    """
    kind = type(pipeline).__name__
    known = [
        name
        for name, parameter in inspect.signature(pipeline.__call__).parameters.items()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    given = {name: value for name, value in settings.items() if value is not None}
    for name in ("prompt", "generator", *given):
        if name in known:
            continue
        # Guidance that is switched off need not be said.
        if name == "guidance_scale" and given[name] <= 1:
            continue
        hints = {
            "guidance_scale": "; write guidance_scale: 1",
            "negative_prompt": "; leave it out",
        }
        raise InputError(f"{location}: {kind} takes no {name}{hints.get(name, '')}")
    for name in arguments:
        if name not in known:
            near = get_close_matches(name, set(known) - SET_BY_SYNTHGAP, 1)
            hint = f"did you mean {near[0]}?" if near else "see its documentation in diffusers"
            raise InputError(f"arguments.{name}: {kind} takes no {name}; {hint}")
    return {name: value for name, value in given.items() if name in known} | dict(arguments)
