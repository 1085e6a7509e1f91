"""The generators that a study can name: those that make images, and images made elsewhere.

Apart from `generators`, so that what reads images elsewhere, or adapts a pipeline, makes no image
stale that is generated otherwise.
"""

from typing import Annotated

from pydantic import Field

from synthgap.generation.adapted_pipeline import AdaptedGenerator
from synthgap.generation.generators import Generator
from synthgap.generation.made_elsewhere import FolderGenerator, ParquetGenerator

AnyGenerator = Annotated[
    Generator | AdaptedGenerator | FolderGenerator | ParquetGenerator, Field(discriminator="kind")
]
