"""The captioners that a study can name, and what they need of its other sections."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from synthgap.captioning.transformers_captioner import TransformersCaptioner
from synthgap.miniature.measured_captions import MeasuredCaptioner
from synthgap.models import ModelSource
from synthgap.prompts.captioned import CaptionedRecipe
from synthgap.prompts.recipes import Recipe
from synthgap.study.names import check_names

AnyCaptioner = Annotated[TransformersCaptioner | MeasuredCaptioner, Field(discriminator="kind")]


def models_of(captioners: Mapping[str, AnyCaptioner]) -> dict[str, ModelSource]:
    """The models that captioners open, by the key that names each captioner."""
    return {
        f"captioners.{name}": spec.model
        for name, spec in captioners.items()
        if isinstance(spec, TransformersCaptioner)
    }


def check_captioners(
    captioners: Mapping[str, AnyCaptioner], prompts: Mapping[str, Recipe], *, digits: bool
) -> None:
    """Check that captions have their captioner, and a captioner what it can caption.

    Args:
        captioners: of the study.
        prompts: its recipes.
        digits: whether its natural images are handwritten digits.

    Raises:
        ValueError: a captioner is missing, or cannot caption these images.
    """
    check_names("captioners", captioners, folders=True)
    captioned = {
        name: recipe for name, recipe in prompts.items() if isinstance(recipe, CaptionedRecipe)
    }
    check_names("prompts", captioned, folders=True)
    for name, recipe in captioned.items():
        if recipe.captioner not in captioners:
            known = ", ".join(captioners) or "no captioners"
            raise ValueError(
                f"prompts.{name}.captioner: there is no {recipe.captioner}; the study has {known}"
            )
    for name, spec in captioners.items():
        if isinstance(spec, MeasuredCaptioner) and not digits:
            raise ValueError(
                f"captioners.{name}: the kind measured is of the strokes of digits; use the kind "
                "transformers, or natural images of the kind digits"
            )
    for where, model in models_of(captioners).items():
        if model.miniature:
            raise ValueError(
                f"{where}.model.miniature: none of the miniature's models captions images; use "
                "the kind measured"
            )
