"""The section `measures` of a study file."""

from pydantic import Field

from synthgap.section import Section


class MeasuresSpec(Section):
    """How images are measured."""

    n: int = Field(ge=2)
    """Images a class that every measure uses, the same for every source: spread and shift are
    biased by how many images there are. At most `images_per_class`."""
    draws: int = Field(default=1000, ge=100)
    """Replicates (bootstrap or half-sampling) behind each 95 % interval."""
