"""What a pipeline is known to do, without opening it."""

import json
from pathlib import Path

WITH_NEGATIVE_PROMPT = frozenset(
    {
        "PixArtAlphaPipeline",
        "PixArtSigmaPipeline",
        "SanaPipeline",
        "StableDiffusion3Pipeline",
        "StableDiffusionPipeline",
        "StableDiffusionXLPipeline",
    }
)
"""Classes of diffusers whose guidance leads away from one. Others may take one besides."""

BEGUN_WITH_IMAGES = frozenset(
    {
        "FluxPipeline",
        "StableDiffusion3Pipeline",
        "StableDiffusionPipeline",
        "StableDiffusionXLPipeline",
    }
)
"""Classes of diffusers with another of the same parts that begins with images, of which that is
tested. Others may have one besides."""


def takes_negative_prompt(folder: str | Path) -> bool:
    """Whether the pipeline in a folder is known to take one."""
    return _class_name(folder) in WITH_NEGATIVE_PROMPT


def begins_with_images(folder: str | Path) -> bool:
    """Whether the pipeline in a folder is known to have one of the same parts that does."""
    return _class_name(folder) in BEGUN_WITH_IMAGES


def _class_name(folder: str | Path) -> str | None:
    """None of what is not on this machine, or is no pipeline."""
    try:
        index = json.loads((Path(folder) / "model_index.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    name = index.get("_class_name") if isinstance(index, dict) else None
    return name if isinstance(name, str) else None
