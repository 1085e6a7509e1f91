"""Sweeps of the guidance scale: variants that differ in nothing else."""

from collections.abc import Iterable
from typing import NamedTuple

LEAST = 3
"""Scales of a sweep; of two there is no curve."""


class Sweep(NamedTuple):
    """Variants of one generator and recipe, by rising guidance scale, each scale once."""

    generator: str
    prompts: str | None
    sources: tuple[str, ...]
    scales: tuple[float, ...]

    @property
    def name(self) -> str:
        """What its variants have in common."""
        return ", ".join(filter(None, [self.generator, self.prompts]))


def sweeps(variants: Iterable[tuple[str, str | None, str | None, float | None]]) -> list[Sweep]:
    """Find the sweeps of a study.

    Args:
        variants: of each its name, generator, prompt recipe and guidance scale. Of two variants
            that are alike in all three the first counts; those without generator or scale do not.

    >>> made = [(f"disamb-{scale}", "sd15", "disamb", scale) for scale in (7.5, 1, 2.5)]
    >>> [(found.name, found.scales) for found in sweeps(made)]
    [('sd15, disamb', (1, 2.5, 7.5))]
    """
    groups: dict[tuple[str, str | None], dict[float, str]] = {}
    for name, generator, prompts, scale in variants:
        if generator is not None and scale is not None:
            groups.setdefault((generator, prompts), {}).setdefault(scale, name)
    return [
        Sweep(*key, tuple(group[scale] for scale in sorted(group)), tuple(sorted(group)))
        for key, group in groups.items()
        if len(group) >= LEAST
    ]
