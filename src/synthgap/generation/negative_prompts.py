"""Whether a pipeline takes a negative prompt, without opening it."""

import json
from pathlib import Path

from synthgap.jobs.resources import snapshot

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


def takes_negative_prompt(location: str | None, revision: str | None) -> bool:
    """Whether the pipeline of a folder or of a commit on the hub is known to take one.

    What is not on this machine is not known.
    """
    if location is None:
        return False
    folder = Path(location) if revision is None else snapshot(location, revision)
    try:
        index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(index, dict) and index.get("_class_name") in PIPELINES
