"""Whether a pipeline has one of the same parts that begins with images, without opening it."""

import json
from pathlib import Path

PIPELINES = frozenset(
    {
        "FluxPipeline",
        "StableDiffusion3Pipeline",
        "StableDiffusionPipeline",
        "StableDiffusionXLPipeline",
    }
)
"""Classes of diffusers of which that is tested. Others may have one besides."""


def begins_with_images(folder: str | Path) -> bool:
    """Whether the pipeline in a folder is known to have one.

    Of what is not on this machine nothing is known.
    """
    try:
        index = json.loads((Path(folder) / "model_index.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(index, dict) and index.get("_class_name") in PIPELINES
