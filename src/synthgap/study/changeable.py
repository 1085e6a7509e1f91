"""What of a study decides which changes of its variants can be proposed, for a job that does it."""

from typing import Any

from synthgap.generation.maker import Maker
from synthgap.study.model import Study


def changeable(study: Study) -> dict[str, Any]:
    """Its variants, generators, recipes, classes, captioners and training sets, as plain values."""
    return {
        "variants": {
            name: (
                variant.generator,
                variant.prompts,
                variant.scale,
                name in study.generated,
                list(study.origins(name)) if name in study.derived else [],
            )
            for name, variant in study.variants.items()
        },
        "generators": {
            # Without what decides speed alone, whose change leaves the proposals as they are.
            name: spec.model_dump(mode="json", exclude_unset=True, exclude=set(spec.UNDECIDING))
            for name, spec in study.generators.items()
            if isinstance(spec, Maker)
        },
        "recipes": {name: recipe.model_dump(mode="json") for name, recipe in study.prompts.items()},
        "classes": {
            category.class_id: (category.name, category.definition) for category in study.classes
        },
        "captioners": list(study.captioners),
        "digits": study.natural.kind == "digits",
        "training_sets": {name: list(study.sources_of(name)) for name in study.training_sets},
    }
