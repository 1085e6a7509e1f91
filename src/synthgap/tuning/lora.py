"""A LoRA of a Stable Diffusion, trained on natural images with prompts of their classes.

As diffusers' own example of text to image trains it: low-rank changes (arXiv 2106.09685) of the
attention of the UNet alone, which guesses the noise of noised latents (or their velocity, where the
model does).

A step opens and encodes its images anew: of an image that is drawn only its row is held, which for
files is its place. Encoding takes a sixth of what a step does.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from jaxtyping import Int
from PIL import ImageOps

from synthgap.errors import InputError
from synthgap.files import replacing_folder
from synthgap.image_files.decoding import picture
from synthgap.jobs.ahead import ahead
from synthgap.jobs.devices import best_device
from synthgap.models import Checkpoint, opening, release
from synthgap.objectives.loop import Descent, batches, deterministic
from synthgap.tables import read
from synthgap.tuning.spec import LoRATraining

if TYPE_CHECKING:
    import torch

SUPPORTED = "a StableDiffusionPipeline (Stable Diffusion 1 and 2)"

PREDICTIONS = ("epsilon", "v_prediction")
"""What a UNet may guess, by diffusers' names."""

LAYERS = ("to_k", "to_q", "to_v", "to_out.0")
"""Matrices of the attention that are changed."""

FILE = "pytorch_lora_weights.safetensors"
"""As diffusers calls it, which then needs no name."""

TEXTS = 1_024
"""Embedded prompts that are kept; of Stable Diffusion v1.5 they take 240 MB."""

STEPS_AHEAD = 2
"""Steps whose images may lie opened before they are taken."""


class Step(NamedTuple):
    """What a step trains on."""

    images: Int[np.ndarray, "b"]
    """Numbers of images, counted through all classes."""
    texts: tuple[str, ...]
    """A prompt each, which may be empty."""
    times: Int[np.ndarray, "b"]
    """How far each is noised, in steps of the model's noise schedule."""


@contextmanager
def _memory_freed() -> Iterator[None]:
    """Leave a device as it was, once what a function has opened is gone with its end."""
    import torch

    try:
        yield
    finally:
        gc.collect()
        torch.cuda.empty_cache()


@_memory_freed()
def train_lora(
    checkpoint: Checkpoint,
    images: Mapping[str, str | Path],
    prompts: Mapping[str, Sequence[str]],
    spec: LoRATraining,
    *,
    size: tuple[int, int],
    bfloat16: bool,
    folder: Path,
    threads: int,
) -> None:
    """Train a LoRA and write it to `folder`, as the file that diffusers loads.

    Args:
        checkpoint: a `StableDiffusionPipeline` of diffusers.
        images: of each class its image table.
        prompts: of each class its prompts.
        spec: how.
        size: height and width that images are fitted to.
        bfloat16: whether the UNet is in bfloat16 on a GPU; else it is in float32, as the LoRA
            always is: float16 does not hold small gradients.
        folder: where to.
        threads: CPU threads to use: they open images, and compute where there is no GPU.

    Raises:
        InputError: the pipeline cannot be opened or is of another kind; an image cannot be opened,
            or is not what its table lists; it does not fit into memory; it has diverged.
    """
    # What a worker still holds of an earlier stage.
    release()
    device = best_device(threads)
    pipeline = _opened(checkpoint)
    counts = {class_id: read(table, ["index"]).num_rows for class_id, table in images.items()}
    with deterministic(spec.seed) as rng, _memory_said(checkpoint, spec, size, device):
        _prepare(pipeline, spec.rank, device, bfloat16=bfloat16)
        steps = draw(spec, counts, prompts, pipeline.scheduler.config.num_train_timesteps, rng)
        rows = _rows(images, counts, np.unique([step.images for step in steps]))
        pixels = ahead(
            lambda step: _pixels(pipeline, [rows[number] for number in step.images], size),
            steps,
            threads,
            most=STEPS_AHEAD,
        )
        losses = _train(pipeline, steps, pixels, spec, folder.name)
    _save(pipeline.unet, folder)
    print(_summary(losses))


@contextmanager
def _memory_said(
    checkpoint: Checkpoint, spec: LoRATraining, size: tuple[int, int], device: torch.device
) -> Iterator[None]:
    """Say in a line what does not fit into memory."""
    import torch

    try:
        yield
    except torch.OutOfMemoryError as error:
        raise InputError(
            f"{checkpoint.location}: a step of {spec.batch_size} images of {size[1]}×{size[0]} "
            f"does not fit into the memory of {device}; lower the LoRA's batch_size"
        ) from error


def _summary(losses: Sequence[float]) -> str:
    """Say what the loss was in each tenth of the steps: single steps tell little."""
    tenths = [part for part in np.array_split(np.asarray(losses), 10) if len(part)]
    said = ", ".join(f"{part.mean():.3f}" for part in tenths)
    return f"mean loss of each tenth of {len(losses):,} steps: {said}"


def draw(
    spec: LoRATraining,
    counts: Mapping[str, int],
    prompts: Mapping[str, Sequence[str]],
    timesteps: int,
    rng: np.random.Generator,
) -> list[Step]:
    """Draw what each step trains on.

    No image comes twice before all have come once. An image comes with one of the prompts of its
    class, drawn anew each time.

    Args:
        spec: how many steps of how many images, and how many of these without a prompt.
        counts: images of each class, in the order in which they are numbered.
        prompts: of each class.
        timesteps: of the model's noise schedule.
        rng: draws.
    """
    names = list(counts)
    classes = np.repeat(np.arange(len(names)), list(counts.values()))
    steps = []
    order = batches(len(classes), spec.batch_size, rng)
    for _, images in zip(range(spec.steps), order, strict=False):
        texts = [_text(prompts[names[number]], spec, rng) for number in classes[images]]
        times = rng.integers(timesteps, size=len(images))
        steps.append(Step(images, tuple(texts), times))
    return steps


def _text(prompts: Sequence[str], spec: LoRATraining, rng: np.random.Generator) -> str:
    if rng.random() < spec.caption_dropout:
        return ""
    return prompts[int(rng.integers(len(prompts)))]


class _Row(NamedTuple):
    image: Mapping[str, Any]
    sha256: str
    table: str | Path


def _rows(
    images: Mapping[str, str | Path], counts: Mapping[str, int], used: Int[np.ndarray, "n"]
) -> dict[int, _Row]:
    """The rows of the images that are used, by their numbers; of others nothing is kept."""
    rows: dict[int, _Row] = {}
    start = 0
    for class_id, table in images.items():
        end = start + counts[class_id]
        own = used[(used >= start) & (used < end)]
        if len(own):
            found = read(table, ["image", "sha256"]).take(own - start).to_pylist()
            for number, row in zip(own.tolist(), found, strict=True):
                rows[number] = _Row(row["image"], row["sha256"], table)
        start = end
    return rows


def _pixels(pipeline: Any, rows: Sequence[_Row], size: tuple[int, int]) -> torch.Tensor:
    """Open images and fit them to a shape, as image-to-image does: b×3×height×width in -1..1."""
    height, width = size
    found = [
        picture(row.image, row.sha256 if row.image["bytes"] is None else None, row.table)
        for row in rows
    ]
    fitted = [ImageOps.fit(image, (width, height)) for image in found]
    pixels: torch.Tensor = pipeline.image_processor.preprocess(fitted)
    return pixels


def _opened(checkpoint: Checkpoint) -> Any:
    """Open a pipeline in float32 on the CPU.

    Raises:
        InputError: it cannot be opened, or no LoRA can be trained for it here.
    """
    import diffusers
    import torch

    location, revision = checkpoint.location, checkpoint.revision
    with opening(location, SUPPORTED):
        # Of other kinds no weights are loaded.
        parts = diffusers.DiffusionPipeline.load_config(location, revision=revision)
    kind = parts.get("_class_name")
    if kind != "StableDiffusionPipeline":
        raise InputError(f"{location}: no LoRA is trained for {kind}, only for {SUPPORTED}")
    with opening(location, SUPPORTED):
        pipeline = diffusers.StableDiffusionPipeline.from_pretrained(
            location,
            revision=revision,
            dtype=torch.float32,
            use_safetensors=True,
            safety_checker=None,
            requires_safety_checker=False,
        )
    channels, latents = pipeline.unet.config.in_channels, pipeline.vae.config.latent_channels
    if channels != latents:
        raise InputError(
            f"{location}: no LoRA is trained for a UNet that takes {channels} channels and not "
            f"its latents' {latents} alone (inpainting and the like), only for {SUPPORTED}"
        )
    predicts = pipeline.scheduler.config.get("prediction_type", PREDICTIONS[0])
    if predicts not in PREDICTIONS:
        raise InputError(
            f"{location}: no LoRA is trained for a model that predicts {predicts}, only for those "
            f"of {' or '.join(PREDICTIONS)}"
        )
    return pipeline


def _prepare(pipeline: Any, rank: int, device: torch.device, *, bfloat16: bool) -> None:
    """Give the UNet its LoRA, freeze everything else, and bring it to the device."""
    import torch
    from peft import LoraConfig

    for part in (pipeline.vae, pipeline.text_encoder, pipeline.unet):
        part.requires_grad_(False)
    # On the CPU, whose random numbers are those of the seed.
    pipeline.unet.add_adapter(
        LoraConfig(
            r=rank, lora_alpha=rank, init_lora_weights="gaussian", target_modules=list(LAYERS)
        )
    )
    if device.type == "cuda":
        if bfloat16:
            for weight in pipeline.unet.parameters():
                if not weight.requires_grad:
                    weight.data = weight.data.to(torch.bfloat16)
        # Both give the same in less memory.
        pipeline.unet.enable_gradient_checkpointing()
        pipeline.vae.enable_slicing()
    pipeline.to(device)


def _train(
    pipeline: Any,
    steps: Sequence[Step],
    pixels: Iterator[torch.Tensor],
    spec: LoRATraining,
    name: str,
) -> list[float]:
    """Train the LoRA of a prepared pipeline, in place.

    Args:
        pipeline: whose UNet has weights to be trained.
        steps: what each step trains on.
        pixels: of each step its images.
        spec: how.
        name: of the LoRA, for what is shown.

    Returns:
        The loss of each step.
    """
    import torch
    from diffusers import DDPMScheduler

    noising = DDPMScheduler.from_config(pipeline.scheduler.config)
    device, unet, vae = pipeline.device, pipeline.unet, pipeline.vae

    @lru_cache(maxsize=TEXTS)
    def embedded(text: str) -> torch.Tensor:
        with torch.no_grad():
            found: torch.Tensor = pipeline.encode_prompt([text], device, 1, False)[0]
        return found

    trained = torch.nn.ParameterList(each for each in unet.parameters() if each.requires_grad)
    descent = Descent(trained, spec.learning_rate, len(steps), f"the LoRA {name}")
    losses: list[float] = []
    for _, step, images in zip(descent, steps, pixels, strict=True):
        with torch.no_grad():
            latents = vae.encode(images.to(device)).latent_dist.sample(torch.default_generator)
            latents = latents * vae.config.scaling_factor
        noise = torch.randn(latents.shape).to(device)
        times = torch.from_numpy(step.times).to(device)
        noisy = noising.add_noise(latents, noise, times)
        if noising.config.prediction_type == "v_prediction":
            target = noising.get_velocity(latents, noise, times)
        else:
            target = noise
        texts = torch.cat([embedded(text) for text in step.texts])
        guess = unet(noisy.to(unet.dtype), times, texts.to(unet.dtype)).sample
        loss = torch.nn.functional.mse_loss(guess.float(), target)
        descent(loss)
        losses.append(loss.item())
    return losses


def _save(unet: Any, folder: Path) -> None:
    from diffusers import StableDiffusionPipeline
    from diffusers.utils import convert_state_dict_to_diffusers
    from peft import get_peft_model_state_dict

    layers = convert_state_dict_to_diffusers(get_peft_model_state_dict(unet))
    with replacing_folder(folder) as new:
        StableDiffusionPipeline.save_lora_weights(new, layers, weight_name=FILE)
