"""The encoders that a study can name. A new kind is one module and its name here."""

from typing import Annotated

from pydantic import Field

from synthgap.embedding.clip import ClipEncoder
from synthgap.embedding.vision import VisionEncoder

Encoder = Annotated[ClipEncoder | VisionEncoder, Field(discriminator="kind")]
