"""The generators that a study can name: those that make images, and images made elsewhere.

Apart from `generators`, so that what reads images elsewhere makes no generated image stale.
"""

from typing import Annotated

from pydantic import Field

from synthgap.generation.generators import Generator
from synthgap.generation.made_elsewhere import FolderGenerator, ParquetGenerator

AnyGenerator = Annotated[
    Generator | FolderGenerator | ParquetGenerator, Field(discriminator="kind")
]
