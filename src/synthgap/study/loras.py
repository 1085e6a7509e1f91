"""The LoRAs that a study trains, and what they need of its other sections."""

from collections.abc import Collection, Mapping
from typing import Any

from synthgap.generation.generators import Generator
from synthgap.prompts.captioned import CaptionedRecipe
from synthgap.prompts.recipes import Recipe
from synthgap.study.generators import AdaptedGenerator, AnyGenerator
from synthgap.study.names import check_names
from synthgap.tuning.spec import LoRATraining


class TrainedLoRA(LoRATraining):
    """How a LoRA is trained: low-rank changes of the attention of a Stable Diffusion (arXiv
    2106.09685), learned from all natural-train images with prompts of their classes. Generators of
    the kind `adapted` load it by its name, which trains it if a variant needs it. Images made with
    it may copy natural-train, which the leak check looks for; natural-val is never seen."""

    of: str
    """Generator of the kind `diffusers` whose model is adapted: a `StableDiffusionPipeline`, such
    as Stable Diffusion 1 and 2 and the miniature's. Images are fitted to its height and width."""

    prompts: str
    """Prompt recipe of the captions, of any kind but `captioned`: an image has one of the prompts
    of its class, drawn anew whenever the image is taken."""

    def training(self) -> dict[str, Any]:
        """What a job is told of it: how, but not by which names."""
        return self.model_dump(mode="json", exclude={"of", "prompts"})


def check_loras(
    loras: Mapping[str, TrainedLoRA],
    generators: Mapping[str, AnyGenerator],
    prompts: Mapping[str, Recipe],
) -> None:
    """Check that a LoRA has what it is trained with, and is loaded by a model like its own.

    Args:
        loras: that the study trains.
        generators: of the study.
        prompts: its recipes.

    Raises:
        ValueError: something is missing, or of another kind or model.
    """
    check_names("loras", loras, folders=True)
    for name, spec in loras.items():
        _named(f"loras.{name}.of", spec.of, generators, "generators")
        if isinstance(generators[spec.of], AdaptedGenerator) or not isinstance(
            generators[spec.of], Generator
        ):
            raise ValueError(
                f"loras.{name}.of: {spec.of} is of the kind {generators[spec.of].kind}; name a "
                "generator of the kind diffusers"
            )
        _named(f"loras.{name}.prompts", spec.prompts, prompts, "prompts")
        if isinstance(prompts[spec.prompts], CaptionedRecipe):
            raise ValueError(
                f"loras.{name}.prompts: {spec.prompts} has captions of natural images, which no "
                "LoRA is trained with yet; name a recipe of another kind"
            )
    for name, generator in generators.items():
        if isinstance(generator, AdaptedGenerator):
            for key, lora in generator.trained.items():
                where = f"generators.{name}.{key}.trained"
                _named(where, lora, loras, "loras")
                other = generators[loras[lora].of]
                if other.opens() != generator.model:
                    raise ValueError(
                        f"{where}: {lora} is trained for the model of {loras[lora].of}, and "
                        f"{name} has another; give both the same model"
                    )


def _named(where: str, name: str, known: Collection[str], what: str) -> None:
    if name not in known:
        has = ", ".join(known) or f"no {what}"
        raise ValueError(f"{where}: there is no {name}; the study has {has}")
