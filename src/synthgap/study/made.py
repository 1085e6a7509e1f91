"""How a variant's images were made, in words for people: what a card says of a study file.

Nothing of it names a place on a disk, since cards are published with their images.
"""

import json
from pathlib import PurePath
from typing import Any

from synthgap.generation.made_elsewhere import MadeElsewhere
from synthgap.models import ModelSource
from synthgap.numbers import counted
from synthgap.study.adapted import further
from synthgap.study.generators import AdaptedGenerator
from synthgap.study.model import Study

EXAMPLES = 3
"""Classes of which prompts are shown."""

CHOSEN_BY = {
    "adherence": "which score highest with their own prompt",
    "nearest-centroid": "which lie nearest to the mean of natural-train's",
    "both-sides": "without those that another class takes and near-duplicates",
    "diverse": "which leave none of the others far from all of them",
    "random": "drawn at random",
}
"""Of each criterion what is said of the images that it keeps."""

PROMPTS = 3
"""Prompts of a class that are shown, at most."""


def facts(study: Study, variant: str) -> dict[str, str]:
    """Model, settings, guidance scale and prompts of a variant, each by its name for people."""
    spec = study.variants[variant]
    generator = study.generator_of(variant)
    if generator is None:
        found: dict[str, Any] = _derived(study, variant)
    elif isinstance(generator, MadeElsewhere):
        found = {"images": "made elsewhere; the study does not say by which model"}
    else:
        opened = generator.opens()
        found = {"model": None if opened is None else _model(opened), **generator.deciding()}
        found |= {
            f"weights of {key}": PurePath(place).name if commit is None else f"{place}@{commit}"
            for key, (place, commit) in further(generator).items()
        }
        if isinstance(generator, AdaptedGenerator):
            names = dict.fromkeys(generator.trained.values())
            found |= {f"LoRA {name}": _trained(study, name) for name in names}
    found |= {"guidance scale": spec.scale}
    if spec.prompts is not None:
        found["prompts"] = f"{spec.prompts} (recipe {study.prompts[spec.prompts].kind})"
    if (recipe := study.captioned(variant)) is not None:
        captioner = study.captioners[recipe.captioner]
        model = getattr(captioner, "model", None)
        found["captions"] = captioner.kind if model is None else _model(model)
    if variant in study.generated:
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


def _derived(study: Study, variant: str) -> dict[str, Any]:
    """Of which variants a variant's images are, and what chose them."""
    spec = study.variants[variant]
    encoder = study.deciding_encoder(variant)
    if spec.filtered is not None:
        kept, by = spec.filtered.share, CHOSEN_BY[spec.filtered.by]
        found = {"images": f"{kept:.4g} of each class's images of {spec.filtered.of}, {by}"}
        by_chance = spec.filtered.by == "random"
    else:
        names = ", ".join(spec.parents)
        found = {
            "images": f"in each class those of one of {names}: of that whose images tell "
            "natural-train's images apart best, by 5-NN"
        }
        by_chance = False
    count = study.count(variant)
    return found | ({} if by_chance else {"chosen by": encoder}) | {"images a class": count}


def _trained(study: Study, name: str) -> str:
    lora = study.loras[name]
    return (
        f"trained on natural-train's images with the prompts {lora.prompts} (recipe "
        f"{study.prompts[lora.prompts].kind}): rank {lora.rank}, {counted(lora.steps, 'step')} of "
        f"{counted(lora.batch_size, 'image')}, learning rate {lora.learning_rate:g}, "
        f"{lora.caption_dropout:g} without a prompt, seed {lora.seed}"
    )


def _model(model: ModelSource) -> str:
    if model.repository is not None:
        return f"{model.repository}@{model.revision}"
    if model.folder is not None:
        return f"{PurePath(model.folder).name} (a local folder)"
    return f"the miniature's {model.miniature}, which the study trains"
