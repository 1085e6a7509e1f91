"""What a study says of variants that are made of others."""

import math
from typing import Annotated, Literal

from pydantic import Field

from synthgap.refusals import PATH_SAFE
from synthgap.section import Section

Criterion = Literal["adherence", "nearest-centroid", "both-sides", "diverse", "random"]
"""What decides which images are kept; see docs/MEASURES.md."""

Name = Annotated[str, Field(pattern=PATH_SAFE)]


class Filtered(Section):
    """A share of each class's images of another variant. Nothing is copied or computed again."""

    of: Name
    """The variant whose images are kept or dropped."""
    by: Criterion
    """What is kept. `adherence`: images that score highest with their own prompt.
    `nearest-centroid`: those nearest to the mean of their class's natural-train images.
    `both-sides`: those that no other class takes and that are no near-duplicates. `diverse`: those
    that leave no other one far from all of them (k-centre). `random`: any, the control of the same
    number."""
    share: float = Field(gt=0, le=1)
    """Share of each class's images that is kept, rounded down. Never fewer than measures.n."""
    encoder: Name | None = None
    """Encoder in whose space is decided, the report's if left out. A set looks better in the space
    that it was filtered in; the accuracy of trained classifiers is the honest measure."""


class Selected(Section):
    """In each class the images of the variant that natural-train's images show to be the best."""

    among: tuple[Name, ...] = Field(min_length=2)
    """The variants to choose among. Accuracy of 5-NN on their images, with natural-train's images
    as queries, decides; natural-val decides nothing. Where a class cannot tell them apart, the best
    of all classes together is taken; of equal ones the first."""
    encoder: Name | None = None
    """Encoder in whose space is decided, the report's if left out."""


def kept(count: int, share: float) -> int:
    """Say how many of so many images a share is: rounded down, and never none.

    >>> kept(50, 0.5), kept(3, 0.1), kept(100, 0.29)
    (25, 1, 29)
    """
    # Products such as 100 × 0.29 fall just short of whole numbers.
    return max(1, math.floor(round(count * share, 6)))
