"""What is asked of a generator that makes images, with what most would answer.

Rules, scripts and image tables use nothing else of it, so that another kind of generator is one
module, which derives from `Maker`, and its name in `generators`.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from jaxtyping import UInt8
from pydantic import Field

from synthgap.generation.pictures import Picture, Request, encoded
from synthgap.models import Checkpoint, ModelSource
from synthgap.section import Section

MILLION = 1_000_000


class Effort(NamedTuple):
    """What it takes to make an image, for the memory and time that a cluster is asked for."""

    pixels: int = 1024**2
    steps: int = 50


class Maker(Section, ABC):
    """A generator that makes images."""

    max_flagged: float = Field(default=0.05, ge=0, le=1)
    """Largest share of a class's images that may be black, of one colour, not a number or
    blackened by the safety checker; with more, the job fails. Its images are kept for the next
    try."""

    UNDECIDING: ClassVar = frozenset({"max_flagged"})
    """Keys that decide no image. They are resources of a job and not its parameters, so that their
    change makes nothing stale; a kind with more of them extends `resources` too."""
    PACKAGES: ClassVar[tuple[str, ...]] = ("numpy", "pillow")
    """Packages whose versions stand in the metadata of a table of images."""

    @abstractmethod
    def images(
        self,
        checkpoint: Checkpoint,
        guidance_scale: float,
        requests: Sequence[Request],
        threads: int,
    ) -> Iterator[Picture]:
        """Make images in the order of the requests; each depends on its own request alone."""

    def encode(self, pixels: UInt8[np.ndarray, "h w 3"]) -> bytes:
        """Encode a picture as it is stored: as PNG."""
        return encoded(pixels, "png", 100)

    def opens(self) -> ModelSource | None:
        """The pretrained model that it opens; None if it needs none."""
        return None

    def image_set(self) -> None:
        """Where images lie that exist already: nowhere, they are made."""

    def effort(self) -> Effort:
        """What an image takes. A guess too high only makes a cluster's queue longer."""
        return Effort()

    def deciding(self) -> dict[str, Any]:
        """What decides an image, besides prompt, seed, guidance scale and the model: every other
        key. It goes into the key of an image: what is missing here lets wrong images stay."""
        return self.model_dump(mode="json", exclude={"model", *self.UNDECIDING})

    def params(self) -> dict[str, Any]:
        """What a job is told of it as parameters."""
        return self.model_dump(mode="json", exclude=set(self.UNDECIDING))

    def resources(self) -> dict[str, int]:
        """What a job is told of it as resources, which are whole numbers."""
        return {"max_flagged_per_million": round(self.max_flagged * MILLION)}

    def with_resources(self, resources: Mapping[str, int]) -> Self:
        """Take back what `resources` gave."""
        max_flagged = resources["max_flagged_per_million"] / MILLION
        return self.model_copy(update={"max_flagged": max_flagged})
