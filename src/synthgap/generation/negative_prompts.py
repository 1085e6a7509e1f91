"""Whether a pipeline takes a negative prompt, without opening it."""

import json
from pathlib import Path

PIPELINES = frozenset(
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


def takes_negative_prompt(folder: str | Path) -> bool:
    """Whether the pipeline in a folder is known to take one.

    Of what is not on this machine nothing is known.
    """
    try:
        index = json.loads((Path(folder) / "model_index.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(index, dict) and index.get("_class_name") in PIPELINES
