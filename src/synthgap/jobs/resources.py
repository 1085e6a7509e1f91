"""What jobs ask a cluster for: memory and time, sized from the study.

Generous guesses, and ours: too little costs a second attempt, which asks for more; too much only a
longer queue. Nothing here decides a result.
"""

import math
from pathlib import Path
from typing import NamedTuple

LIGHT_MB = 1_500
"""A process with numpy, pyarrow, pandas and matplotlib, below the two Snakemakes of a SLURM job."""

MODELS_MB = 4_000
"""The same with torch, transformers and diffusers; with CUDA some 3 GB are the libraries alone."""

UNKNOWN_MODEL_MB = 8_000
"""Weights of a model that is not on this machine yet: twice those of Stable Diffusion v1.5."""

START_MINUTES = 10
"""Starting, and loading libraries and a model from a network disk."""

LONGEST_MINUTES = 24 * 60
"""Of one attempt, of what goes on where the last one ended: a classifier, or images of a class."""

MB = 2**20


class Needs(NamedTuple):
    """What a job asks for in its first attempt."""

    mem_mb: int
    """Memory in MB."""
    minutes: int
    """Time limit."""


MINIATURE = Needs(MODELS_MB, 30)
"""Train one of the miniature's models, which takes minutes on a CPU."""


def snapshot(repository: str, revision: str) -> Path:
    """Where the hub's cache has a commit of a repository, if it has it."""
    from huggingface_hub import constants

    name = f"models--{repository.replace('/', '--')}"
    return Path(constants.HF_HUB_CACHE) / name / "snapshots" / revision


def model_mb(
    folder: str | None = None, repository: str | None = None, revision: str | None = None
) -> int:
    """Size of a model's weights: of its folder, or of what the hub's cache holds of it.

    Neither reads the hub; a model that is not there yet counts as `UNKNOWN_MODEL_MB`.
    """
    place = Path(folder or ".")
    if repository is not None:
        place = snapshot(repository, revision or "")
    sizes = [file.stat().st_size for file in place.rglob("*.safetensors")]
    return math.ceil(sum(sizes) / MB) or UNKNOWN_MODEL_MB


def generating(images: int, pixels: int, steps: int, weights_mb: int) -> Needs:
    """Make the images of a class.

    Weights are in memory twice while they are loaded; encoded images stay until the table is
    written. A step at 512×512 takes 10 ms a GB of weights: what a GPU of 2020 takes with Stable
    Diffusion v1.5. Images of a job that ran out of time are kept.

    Args:
        images: of the class.
        pixels: of an image.
        steps: of denoising.
        weights_mb: of the pipeline.
    """
    seconds = images * steps * pixels / 512**2 * 0.01 * weights_mb / 1_000
    return _needs(MODELS_MB + 2 * weights_mb + images * pixels / MB, seconds)


def embedding(images: int, weights_mb: int) -> Needs:
    """Embed images or prompts; an image takes 0.1 s, which is a slow disk more than a slow GPU."""
    return _needs(MODELS_MB + 2 * weights_mb, images * 0.1)


def training_lora(images: int, pixels: int, weights_mb: int) -> Needs:
    """Train a LoRA.

    An image takes as long as eight steps of denoising one: forward, again for what was not kept,
    twice as much backward, and all in float32. Opening it takes 0.1 s.

    Args:
        images: of all steps together.
        pixels: of an image.
        weights_mb: of the pipeline.
    """
    seconds = images * (0.1 + 8 * pixels / 512**2 * 0.01 * weights_mb / 1_000)
    # One that is killed begins anew.
    return _needs(MODELS_MB + 2 * weights_mb, seconds, longest=math.inf)


def captioning(images: int, weights_mb: int) -> Needs:
    """Caption images; an image takes 0.5 s, which is a small model on a slow GPU."""
    return _needs(MODELS_MB + 2 * weights_mb, images * 0.5)


def training(images: int, epochs: int, image_size: int, gpus: int, readers: int) -> Needs:
    """Train a classifier at 300 images of 224×224 a second and GPU; a reader takes 1 GB."""
    seconds = images * epochs / (300 * gpus) * (image_size / 224) ** 2
    return _needs(gpus * 2 * MODELS_MB + readers * 1_000, seconds)


def reading(images: int) -> Needs:
    """Open every image of a class once."""
    return _needs(LIGHT_MB, images * 0.1)


def measuring(embeddings: int, compared: int, dimensions: int = 1_024) -> Needs:
    """Measure embeddings, of which each is compared with others.

    Args:
        embeddings: that are read, of all sources.
        compared: embeddings of one source; the time for neighbours grows with their square.
        dimensions: of an embedding.
    """
    # As float32 and float64, and a copy.
    megabytes = embeddings * dimensions * 4 * 4 / MB
    return _needs(LIGHT_MB + megabytes, (compared / 10_000) ** 2 * 300)


def placing(classes: int, images: int, dimensions: int = 1_024) -> Needs:
    """Place each image of a source among the class means and in its class.

    Args:
        classes: of the study.
        images: of a class; each is compared with as many.
        dimensions: of an embedding.
    """
    # The means, some copies of two classes, and a row of the table an image.
    megabytes = (classes + 6 * images) * dimensions * 8 / MB + classes * images * 500 / MB
    return _needs(LIGHT_MB + megabytes, classes * ((images / 10_000) ** 2 * 300 + images * 0.001))


def showing(classes: int, sources: int, images: int) -> Needs:
    """Write the report: rows of all images, and the pictures of some.

    Args:
        classes: of the study.
        sources: that are shown.
        images: of a class.
    """
    # A row an image in short columns; of a class some 64 pictures, opened at 10 a second.
    megabytes = classes * sources * images * 100 / MB
    return _needs(LIGHT_MB + megabytes, classes * sources * min(images, 64) * 0.1)


def hashing_pictures(classes: int, images: int) -> Needs:
    """Compare the images of a source with natural ones; of some the pictures are opened.

    Args:
        classes: of the study.
        images: of a class.
    """
    # A row an image, as objects; of a class 50 pictures, and some of both sources.
    megabytes = classes * images * 1_000 / MB
    return _needs(LIGHT_MB + megabytes, classes * (50 + images / 5) * 0.05)


def joining(tables: int) -> Needs:
    """Read as many small tables."""
    return _needs(LIGHT_MB + tables / 10, tables * 0.1)


def hashing(megabytes: int) -> Needs:
    """Read files once, at 50 MB a second."""
    return _needs(LIGHT_MB, megabytes / 50)


def _needs(mem_mb: float, seconds: float, longest: float = LONGEST_MINUTES) -> Needs:
    minutes = START_MINUTES + math.ceil(seconds / 60)
    return Needs(math.ceil(mem_mb), int(min(minutes, longest)))
