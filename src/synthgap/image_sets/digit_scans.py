"""The image set `digits`: scikit-learn's handwritten digits, which need no download."""

import io
from collections.abc import Iterator, Sequence
from typing import Literal

from synthgap.classes import Category
from synthgap.image_sets.digits import CLASS_IDS, cut
from synthgap.image_sets.found import Found
from synthgap.section import Section


class DigitScans(Section):
    """A stretch of each digit's scans; class ids are digit-0 to digit-9."""

    kind: Literal["digits"]
    """scikit-learn's handwritten digits."""
    first: int
    """First scan of each class in its fixed order."""
    last: int
    """Scan after the last one."""

    def place(self, category: Category | None = None) -> str:
        """Where the images of a class or of all lie, for messages."""
        return f"the digits, {category.class_id}" if category else "the digits"

    def stamp(self, category: Category) -> str:
        """What the images are known by without reading them: the scans never change."""
        return ""

    def problem(self, categories: Sequence[Category]) -> str | None:
        """Say what keeps this set from serving the classes, or None."""
        unknown = [item.class_id for item in categories if item.class_id not in CLASS_IDS]
        if unknown:
            return f"the digits have no class {unknown[0]}; they have digit-0 to digit-9"
        return None

    def counts(self, categories: Sequence[Category], enough: int) -> dict[str, int]:
        """How many scans each class has."""
        return dict.fromkeys((each.class_id for each in categories), self.last - self.first)

    def found(self, category: Category, index: str | None = None) -> Iterator[Found]:
        """Yield the scans of one class as PNG bytes."""
        for scan in cut(category.class_id, self.first, self.last):
            buffer = io.BytesIO()
            scan.image.save(buffer, format="PNG")
            yield Found(f"{scan.number}.png", f"digits/{scan.number}.png", buffer.getvalue())
