"""A study as the report introduces it, for tests that say only what matters to them."""

from collections.abc import Sequence
from typing import Any

from synthgap.report.facts import Class, Facts, Variant


def facts(classes: Sequence[str] = ("crane", "owl"), variants: Sequence[str] = ("made",)) -> Facts:
    """A study of these classes and variants; every second variant has a guidance scale."""
    return Facts(
        study="birds",
        description="what for",
        encoder="clip",
        classes=[Class(class_id, f"the {class_id}", "") for class_id in classes],
        variants=[
            Variant(name, "sd", None, 2.5 if place % 2 else None)
            for place, name in enumerate(variants)
        ],
        named_classes=[],
        n=5,
        text="study: birds\n",
    )


def with_interval(measure: str, value: float | None, half: float = 0.1) -> dict[str, Any]:
    """A measure as summaries have it; None for what was not measured."""
    ends = {"": 0.0, "_low": -half, "_high": half}
    return {f"{measure}{end}": None if value is None else value + by for end, by in ends.items()}
