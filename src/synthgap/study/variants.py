"""Variants: what a synthetic set is made of, and which of them are made of others."""

import math
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, Self

from pydantic import Discriminator, Field, Tag, model_validator

from synthgap.derived.spec import Filtered, Selected, kept
from synthgap.section import Section

FAR = 1e12
"""More images than any class has."""

Scale = Annotated[float, Field(ge=0, allow_inf_nan=False)]


def _form(scales: Any) -> str:
    return "[list]" if isinstance(scales, list | tuple) else "[number]"


# The tags stand in brackets, so that no message shows them as if they were keys.
Scales = Annotated[
    Annotated[Scale, Tag("[number]")]
    | Annotated[tuple[Scale, ...], Field(min_length=1), Tag("[list]")],
    Discriminator(_form),
]


class Variant(Section):
    """One set of synthetic images: made by a generator, or of other variants' images; or one a
    guidance scale where several are listed."""

    generator: str | None = None
    """Name of a generator. It or `filtered` or `selected` says where the images are from."""
    prompts: str | None = None
    """Name of a prompt recipe; may be left out where the images were made elsewhere."""
    guidance_scale: Scales | None = None
    """Weight of classifier-free guidance: how closely images follow the prompt. 1 and less switch
    it off. May be left out where the images were made elsewhere. A list makes one variant a scale:
    `disamb` with [1, 2.5] is the variants `disamb-1` and `disamb-2.5`, and a training set that
    names `disamb` is one training set a scale, named likewise."""
    filtered: Filtered | None = None
    """A share of another variant's images, in place of a generator."""
    selected: Selected | None = None
    """In each class the images of the best of several variants, in place of a generator."""

    @model_validator(mode="after")
    def _from_one_place(self) -> Self:
        ways = [way for way in ("filtered", "selected") if getattr(self, way) is not None]
        if len(ways) == 2:
            raise ValueError("filtered and selected: give one of them; each can be of the other")
        if not ways and self.generator is None:
            raise ValueError("name a generator, or what it is filtered or selected of")
        for key in ("generator", "prompts", "guidance_scale"):
            if ways and getattr(self, key) is not None:
                raise ValueError(
                    f"{ways[0]} takes the images of other variants, and with them their {key}; "
                    f"leave out {key}"
                )
        return self

    @property
    def scales(self) -> tuple[float, ...]:
        """The guidance scales of a list; none of a single set."""
        return self.guidance_scale if isinstance(self.guidance_scale, tuple) else ()

    @property
    def scale(self) -> float | None:
        """The guidance scale of a single set, which every variant of a study is."""
        assert not isinstance(self.guidance_scale, tuple)
        return self.guidance_scale

    @property
    def parents(self) -> tuple[str, ...]:
        """The variants whose images it takes; none if it has its own."""
        if self.filtered is not None:
            return (self.filtered.of,)
        return () if self.selected is None else self.selected.among

    @property
    def derived_by(self) -> str:
        """The key that names them."""
        return "filtered.of" if self.filtered is not None else "selected.among"


Variants = Mapping[str, Variant]


def check_parents(variants: Variants, natural: Collection[str]) -> None:
    """Check that what a variant takes images of is there, and does not take them of itself.

    Raises:
        ValueError: it is a natural set, no variant, named twice, or the variant itself.
    """
    for name, variant in variants.items():
        where = f"variants.{name}.{variant.derived_by}"
        for parent in variant.parents:
            if parent in natural:
                raise ValueError(f"{where}: {parent} is natural; name a synthetic variant")
            if parent not in variants:
                raise ValueError(
                    f"{where}: there is no {parent}; the study has {_listed(variants)}"
                )
        if len(set(variant.parents)) < len(variant.parents):
            raise ValueError(f"{where}: names a variant twice; leave one out")
    for name, variant in variants.items():
        if name in _ancestors(variants, name):
            raise ValueError(
                f"variants.{name}.{variant.derived_by}: {name} would be made of itself, by way of "
                f"{' and '.join(variant.parents)}; name a variant that has images of its own"
            )


def origins(variants: Variants, name: str) -> tuple[str, ...]:
    """The variants with images of their own that a variant takes images of; else itself."""
    parents = variants[name].parents
    if not parents:
        return (name,)
    found = (origin for parent in parents for origin in origins(variants, parent))
    return tuple(dict.fromkeys(found))


def count_of(variants: Variants, name: str, made: Callable[[str], int | None]) -> int | None:
    """Images a class of a variant, at least; None where that is known only when they are read.

    Args:
        variants: all of the study.
        name: of the variant.
        made: gives the same of variants with images of their own.
    """
    variant = variants[name]
    if not variant.parents:
        return made(name)
    counts = [count_of(variants, parent, made) for parent in variant.parents]
    if any(count is None for count in counts):
        return None
    least = min(count for count in counts if count is not None)
    return least if variant.filtered is None else kept(least, variant.filtered.share)


def needs(variants: Variants, name: str, n: int) -> dict[str, int]:
    """Images a class that its origins must have so that a variant has n.

    >>> half = Variant.model_validate({"filtered": {"of": "a", "by": "random", "share": 0.5}})
    >>> needs({"a": Variant(generator="sd"), "b": half}, "b", 10)
    {'a': 20}
    """
    variant = variants[name]
    if not variant.parents:
        return {name: n}
    if variant.filtered is not None:
        share = variant.filtered.share
        least = math.ceil(round(min(n / share, FAR), 6))
        n = least + (kept(least, share) < n)
    found: dict[str, int] = {}
    for parent in variant.parents:
        for origin, least in needs(variants, parent, n).items():
            found[origin] = max(least, found.get(origin, 0))
    return found


def _ancestors(variants: Variants, name: str) -> set[str]:
    found: set[str] = set()
    waiting = list(variants[name].parents)
    while waiting:
        parent = waiting.pop()
        if parent not in found:
            found.add(parent)
            waiting += variants[parent].parents
    return found


def _listed(variants: Variants) -> str:
    return ", ".join(variants)
