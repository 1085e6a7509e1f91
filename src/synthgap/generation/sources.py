"""The generators that a study can name: those that make images, and images made elsewhere.

Apart from `generators`, so that what reads images elsewhere, or adapts a pipeline, makes no image
stale that is generated otherwise.
"""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from synthgap.generation.adapted_pipeline import WAYS, AdaptedGenerator
from synthgap.generation.generators import Generator
from synthgap.generation.made_elsewhere import FolderGenerator, ParquetGenerator


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
