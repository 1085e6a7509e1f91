"""How a variant's images were made, in words for people: what a card says of a study file.

Nothing of it names a place on a disk, since cards are published with their images.
"""

import json
from pathlib import PurePath
from typing import Any

from synthgap.generation.made_elsewhere import MadeElsewhere
from synthgap.models import ModelSource
from synthgap.study.model import Study

EXAMPLES = 3
"""Classes of which prompts are shown."""

PROMPTS = 3
"""Prompts of a class that are shown, at most."""


def facts(study: Study, variant: str) -> dict[str, str]:
    """Model, settings, guidance scale and prompts of a variant, each by its name for people."""
    spec = study.variants[variant]
    generator = study.generators[spec.generator]
    if isinstance(generator, MadeElsewhere):
        found: dict[str, Any] = {"images": "made elsewhere; the study does not say by which model"}
    else:
        opened = generator.opens()
        found = {"model": None if opened is None else _model(opened), **generator.deciding()}
    found |= {"guidance scale": spec.scale}
    if spec.prompts is not None:
        found["prompts"] = f"{spec.prompts} (recipe {study.prompts[spec.prompts].kind})"
    if study.image_set(variant) is None:
        found["images a class"] = study.images_per_class
        found["seed of the study"] = study.seed
    return {
        name.replace("_", " "): value if isinstance(value, str) else json.dumps(value)
        for name, value in found.items()
        if value is not None
    }


def examples(study: Study, variant: str) -> dict[str, list[str]]:
    """The first prompts of the first classes of a variant, by the classes' ids."""
    found = {
        category.class_id: list(study.prompts_of(variant, category.class_id)[:PROMPTS])
        for category in study.classes[:EXAMPLES]
    }
    return {class_id: prompts for class_id, prompts in found.items() if prompts}


def _model(model: ModelSource) -> str:
    if model.repository is not None:
        return f"{model.repository}@{model.revision}"
    if model.folder is not None:
        return f"{PurePath(model.folder).name} (a local folder)"
    return f"the miniature's {model.miniature}, which the study trains"
