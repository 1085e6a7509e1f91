"""The natural image sets that a study can name. A new adapter is one module and its name here."""

from typing import Annotated

from pydantic import Field

from synthgap.natural.digit_set import DigitSet
from synthgap.natural.image_folder import ImageFolder

NaturalSet = Annotated[DigitSet | ImageFolder, Field(discriminator="kind")]
