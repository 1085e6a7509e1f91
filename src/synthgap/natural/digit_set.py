"""The natural set `digits`: scikit-learn's handwritten digits, which need no download."""

import hashlib
import io
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from synthgap.natural.digits import CLASS_IDS, scans
from synthgap.natural.image import NaturalImage
from synthgap.section import Section

SMALLEST_CLASS = 174
"""Scans of the rarest digit; train and val of every class are cut from as many."""


class DigitSet(Section):
    """scikit-learn's digits; class ids are digit-0 to digit-9."""

    kind: Literal["digits"]
    """scikit-learn's handwritten digits, 16×16 pixels."""
    train_per_class: int = Field(ge=2, le=100)
    """Images a class in natural-train."""
    val_per_class: int = Field(ge=1, le=60)
    """Images a class in natural-val. The scans that remain are the miniature's training data."""

    def problem(self, class_ids: tuple[str, ...], n: int) -> str | None:
        """Say what keeps this set from serving the classes, or None."""
        unknown = [class_id for class_id in class_ids if class_id not in CLASS_IDS]
        if unknown:
            return f"the digits have no class {unknown[0]}; they have digit-0 to digit-9"
        fewest = min(self.train_per_class, self.val_per_class)
        if n > fewest:
            return (
                f"{fewest} images a class in the smaller part, but measures.n is {n}; equal n "
                "needs as many of every class"
            )
        return None

    def folder(self, part: Literal["train", "val"], class_id: str) -> str | None:
        """The folder that a job depends on: none."""
        return None

    def images(self, part: Literal["train", "val"], class_id: str) -> Iterator[NaturalImage]:
        """Yield the scans of one class as PNG bytes."""
        for scan in scans(part, class_id, self.train_per_class, self.val_per_class):
            buffer = io.BytesIO()
            scan.image.save(buffer, format="PNG")
            content = buffer.getvalue()
            yield NaturalImage(
                f"digits/{scan.number}.png", content, hashlib.sha256(content).hexdigest()
            )
