"""What a list of guidance scales stands for: one variant a scale.

A variant `disamb` with `guidance_scale: [1, 2.5]` is the variants `disamb-1` and `disamb-2.5`, and
none itself. A training set that names it is one a scale in the same way, a mixture too: `both:
[natural-train, disamb]` is `both-1` of natural-train and `disamb-1`, and `both-2.5`. A variant that
is selected among `disamb` is selected among its scales.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from synthgap.refusals import LONGEST_NAME
from synthgap.study.variants import Variant
from synthgap.training.mixture import Mixture
from synthgap.training.training_sets import FineTuning

Sources = tuple[str, ...] | Mixture | FineTuning
"""A training set: sources of which all images are taken, shares of them, or these after another."""


def named(name: str, scale: float) -> str:
    """What one scale of a list is called.

    >>> named("disamb", 7.0), named("disamb", 1.5)
    ('disamb-7', 'disamb-1.5')
    """
    # Zero has no sign.
    return f"{name}-{scale + 0.0:g}"


def each_scale(written: Mapping[str, Variant]) -> dict[str, Variant]:
    """Put one variant a scale in the place of each list.

    Args:
        written: the variants of a study file.

    Raises:
        ValueError: a list has a scale twice, or a name is taken or too long.
    """
    for name, variant in written.items():
        before: dict[str, float] = {}
        for scale in variant.scales:
            if (one := named(name, scale)) in before:
                other = before[one]
                twice = f"{scale:g} stands twice in the list"
                alike = f"{other!r} and {scale!r} would both be called {one}"
                raise ValueError(
                    f"variants.{name}.guidance_scale: {twice if other == scale else alike}; leave "
                    "one of them out"
                )
            before[one] = scale
    scales = {name: variant.scales for name, variant in written.items()}
    return _expanded(
        "variants",
        {name: _among_each(variant, scales) for name, variant in written.items()},
        scales,
        lambda variant, scale: variant.model_copy(update={"guidance_scale": scale}),
    )


def _among_each(variant: Variant, scales: Mapping[str, tuple[float, ...]]) -> Variant:
    """A variant that is selected among all scales of the lists that it names."""
    if variant.selected is None:
        return variant
    among = tuple(
        each
        for name in variant.selected.among
        for each in [named(name, scale) for scale in scales.get(name, ())] or [name]
    )
    selected = variant.selected.model_copy(update={"among": among})
    return variant.model_copy(update={"selected": selected})


def each_training(
    written: Mapping[str, Sources], variants: Mapping[str, Variant]
) -> dict[str, Sources]:
    """Put one training set a scale in the place of each that names a list of scales.

    Args:
        written: the training sets of a study file.
        variants: its variants, as they are written.

    Raises:
        ValueError: a training set names two lists, or a list and one of its scales, or a name is
            taken or too long.
    """
    lists = {name: variant.scales for name, variant in written_lists(variants).items()}
    lists_in = {
        name: [each for each in dict.fromkeys(_names(sources)) if each in lists]
        for name, sources in written.items()
    }
    for name, found in lists_in.items():
        if len(found) > 1:
            raise ValueError(
                f"training_sets.{name}: {found[0]} and {found[1]} are both lists of guidance "
                f"scales; name one of them, and single scales of the other, such as "
                f"{named(found[1], lists[found[1]][0])}"
            )
        for one in (named(each, scale) for each in found for scale in lists[each]):
            if one in _names(written[name]):
                raise ValueError(
                    f"training_sets.{name}: {one} is one of {found[0]}'s guidance scales; name "
                    "either of them"
                )

    def at(sources: Sources, scale: float) -> Sources:
        if isinstance(sources, FineTuning):
            return sources.model_copy(update={"then": at(sources.then, scale)})
        names = {name: named(name, scale) if name in lists else name for name in _names(sources)}
        if isinstance(sources, Mixture):
            shares = {names[name]: share for name, share in sources.proportions.items()}
            return sources.model_copy(update={"proportions": shares})
        return tuple(names[name] for name in sources)

    scales = {name: lists[found[0]] if found else () for name, found in lists_in.items()}
    return _expanded("training_sets", written, scales, at)


def _names(sources: Sources) -> Iterable[str]:
    if isinstance(sources, FineTuning):
        return _names(sources.then)
    return sources.proportions if isinstance(sources, Mixture) else sources


def written_lists(variants: Mapping[str, Variant]) -> dict[str, Variant]:
    """The variants that stand for one a scale."""
    return {name: variant for name, variant in variants.items() if variant.scales}


Entry = TypeVar("Entry", Variant, Sources)


def _expanded(
    where: str,
    written: Mapping[str, Entry],
    scales: Mapping[str, tuple[float, ...]],
    at: Callable[[Entry, float], Entry],
) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for name, entry in written.items():
        if not scales[name]:
            found[name] = entry
        for scale in scales[name]:
            one = named(name, scale)
            if one in written or one in found:
                raise ValueError(
                    f"{where}.{name}: at guidance scale {scale:g} it would be called {one}, as "
                    "another one is; choose another name for one of them"
                )
            if len(one) > LONGEST_NAME:
                raise ValueError(
                    f"{where}.{name}: at guidance scale {scale:g} it would have a name of "
                    f"{len(one)} characters; choose a shorter name"
                )
            found[one] = at(entry, scale)
    return found
