"""The generators that a study can name: those that make images, and images made elsewhere.

Apart from `generation`: what loads a LoRA knows nothing of where it comes from, so that images by
files of weights are what they were before a study could train any.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from synthgap.generation import adapted_pipeline, adapting
from synthgap.generation.adapted_pipeline import WAYS
from synthgap.generation.generators import Generator
from synthgap.generation.made_elsewhere import FolderGenerator, ParquetGenerator


class LoRA(adapting.LoRA):
    """Low-rank changes of a model's weights (LoRA, arXiv 2106.09685), as diffusers loads them: a
    file of them, or those that the study trains itself."""

    trained: str | None = Field(default=None, exclude_if=lambda name: name is None)
    """One that the study trains, by its name in `loras`, in place of a file or a repository."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = any((self.repository, self.revision, self.weight_name, self.file))
        if given == (self.trained is not None):
            raise ValueError(
                "name exactly one of trained (of the section loras), file, and repository with its "
                "revision and weight_name"
            )
        # mypy takes what Pydantic decorates for no method.
        return super()._exactly_one() if given else self  # type: ignore[operator]


class AdaptedGenerator(adapted_pipeline.AdaptedGenerator):
    """A text-to-image pipeline of the diffusers library, adapted to natural images or by further
    weights; all keys of the kind `diffusers`, and at least one of the last four. What is made from
    natural-train may copy it, which the leak check looks for; natural-val is never seen."""

    loras: tuple[LoRA, ...] = ()
    """Low-rank changes of the model's weights, all of them at once."""

    @property
    def trained(self) -> dict[str, str]:
        """Of the LoRAs that the study trains the names, by the key that names each."""
        return {
            f"loras[{number}]": lora.trained
            for number, lora in enumerate(self.loras)
            if lora.trained is not None
        }

    def further(self) -> dict[str, tuple[str, str | None]]:
        """What it loads besides the pipeline and what the study trains."""
        return {key: place for key, place in super().further().items() if key not in self.trained}

    def loading(self, files: Mapping[str, str]) -> adapted_pipeline.AdaptedGenerator:
        """The same with files in place of names.

        Args:
            files: of each LoRA that the study trains the file.
        """
        loras = [
            {
                **lora.model_dump(mode="json", exclude={"trained"}),
                **({} if lora.trained is None else {"file": files[lora.trained]}),
            }
            for lora in self.loras
        ]
        spec = self.model_dump(mode="json", exclude={"loras"})
        return adapted_pipeline.AdaptedGenerator.model_validate({**spec, "loras": loras})


def _of_its_kind(section: Any) -> Any:
    """Say of a key that adapts a pipeline which kind has it."""
    if isinstance(section, dict) and section.get("kind") == "diffusers":
        for way in WAYS:
            if way in section:
                raise ValueError(f"{way} adapts the pipeline, which kind: adapted does")
    return section


AnyGenerator = Annotated[
    Generator | AdaptedGenerator | FolderGenerator | ParquetGenerator,
    Field(discriminator="kind"),
    BeforeValidator(_of_its_kind),
]
