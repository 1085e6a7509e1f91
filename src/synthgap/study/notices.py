"""What a good study does that its writer may not mean: said in a line each, and done anyway."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from synthgap.generation.maker import Maker
from synthgap.image_sets.parquet_files import ParquetFiles
from synthgap.study import text_encoders
from synthgap.study.adapted import further, unused_loras, unused_words
from synthgap.study.model import Study
from synthgap.study.text_encoders import TextEncoders, alike, cut_length
from synthgap.study.unmeasured import unmeasured

NAMED = 3
"""Classes that a line names before it counts the others."""


def notices(study: Study) -> list[str]:
    """What is to be said of a checked study before its first job.

    Args:
        study: whose folders are there, as `parse_study` makes sure.
    """
    seen_by, prompts = _text_encoders(study), _prompts(study)
    return [
        *_slow_images(study),
        *_cut_prompts(study, prompts, seen_by),
        *_same_images(study, prompts, seen_by),
        *_same_prompts(study, prompts, seen_by),
        *_useless_without_guidance(study),
        *unused_loras(study),
        *unused_words(study),
        *filter(None, [unmeasured(study)]),
    ]


def _slow_images(study: Study) -> Iterator[str]:
    sets = [study.image_set(source) for source in study.sources]
    slow = [found.files for found in sets if isinstance(found, ParquetFiles) and found.compressed()]
    if slow:
        yield (
            f"{', '.join(dict.fromkeys(slow))}: images are compressed, so that reading one takes "
            "reading many, at every stage; copy them first with python -m "
            "synthgap.image_files.uncompressed; see docs/HOWTO.md"
        )


def _text_encoders(study: Study) -> dict[str, TextEncoders]:
    """The text encoders of each generator and encoder, by the key that names it."""
    makers = {name: spec for name, spec in study.generators.items() if isinstance(spec, Maker)}
    return {
        **{
            f"generators.{name}": text_encoders.of_generator(spec, study.results)
            for name, spec in makers.items()
        },
        **{
            f"encoders.{name}": text_encoders.of_encoder(spec, study.results)
            for name, spec in study.opened_encoders.items()
        },
    }


def _made(study: Study) -> list[str]:
    return list(study.generated)


Prompts = Mapping[str, Mapping[str, tuple[str, ...]]]
"""By recipe and class, of the recipes that variants use."""


def _prompts(study: Study) -> Prompts:
    recipes = {spec.prompts: None for spec in study.variants.values() if spec.prompts is not None}
    return {
        recipe: {
            category.class_id: study.prompts[recipe].prompts(category) for category in study.classes
        }
        for recipe in recipes
    }


class _Cut(NamedTuple):
    """What a line about cut prompts says, but for who cuts them."""

    recipe: str
    classes: int
    class_id: str
    tokens: str
    limit: int


def _cut_prompts(
    study: Study, prompts: Prompts, seen_by: Mapping[str, TextEncoders]
) -> Iterator[str]:
    readers: dict[tuple[str, str], None] = {}
    for spec in study.variants.values():
        if spec.prompts is not None:
            names = [
                f"generators.{spec.generator}",
                *(f"encoders.{each}" for each in study.opened_encoders),
            ]
            readers |= {(spec.prompts, name): None for name in names if seen_by.get(name)}
    said: dict[_Cut, list[str]] = defaultdict(list)
    for recipe, name in readers:
        if cut := _cut(recipe, prompts[recipe], seen_by[name]):
            said[cut].append(name)
    for cut, names in said.items():
        yield (
            f"prompts.{cut.recipe}: {cut.classes} of {len(study.classes)} classes have prompts "
            f"that are too long for {' and '.join(names)}: the longest, of {cut.class_id}, has "
            f"{cut.tokens} tokens, the limit is {cut.limit}, and what is beyond is cut off"
        )


def _cut(recipe: str, prompts: Mapping[str, Sequence[str]], encoders: TextEncoders) -> _Cut | None:
    found = {
        class_id: cut
        for class_id, texts in prompts.items()
        if texts and (cut := cut_length(encoders, texts))
    }
    if not found:
        return None
    class_id, (length, limit) = max(found.items(), key=lambda item: item[1][0])
    tokens = f"{length.tokens:,}" if length.exact else f"at least {length.tokens:,}"
    return _Cut(recipe, len(found), class_id, tokens, limit)


def _same_images(
    study: Study, prompts: Prompts, seen_by: Mapping[str, TextEncoders]
) -> Iterator[str]:
    """Variants that no generator tells apart: the same settings, and prompts alike."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in _made(study):
        spec = study.variants[name]
        generator = study.generator_of(name)
        assert isinstance(generator, Maker)
        # What images depend on besides the prompt.
        loaded = sorted(further(generator).items())
        settings = (generator.opens(), loaded, sorted(generator.deciding().items()), spec.scale)
        groups[repr(settings)].append(name)
    images = study.images_per_class or 0
    for variants in groups.values():
        encoders = seen_by[f"generators.{study.variants[variants[0]].generator}"]
        for one, other in combinations(variants, 2):
            ones, others = (prompts[study.variants[name].prompts or ""] for name in (one, other))
            classes = [
                class_id
                for class_id in study.class_ids
                if _alike(encoders, ones[class_id], others[class_id], images)
            ]
            if classes:
                yield (
                    f"variants.{one} and variants.{other}: identical images "
                    f"{_in_classes(study, classes)}, since generator and guidance_scale are the "
                    "same, and so is what the generator reads of their prompts"
                )


def _alike(encoders: TextEncoders, ones: Sequence[str], others: Sequence[str], images: int) -> bool:
    """Whether the images of a class, which take turns with the prompts, have prompts alike."""
    # What captions say, only a job finds out.
    return bool(ones and others) and all(
        alike(encoders, ones[index % len(ones)], others[index % len(others)])
        for index in range(min(images, len(ones) * len(others)))
    )


def _same_prompts(
    study: Study, prompts: Prompts, seen_by: Mapping[str, TextEncoders]
) -> Iterator[str]:
    """Recipes whose prompts differ, but not for an encoder."""
    for name in study.opened_encoders:
        encoders = seen_by[f"encoders.{name}"]
        for one, other in combinations(prompts if encoders else (), 2):
            classes = []
            for class_id, texts in prompts[one].items():
                others = prompts[other][class_id]
                if texts != others and len(texts) == len(others):
                    pairs = zip(texts, others, strict=True)
                    if all(alike(encoders, text, text_of_other) for text, text_of_other in pairs):
                        classes.append(class_id)
            if classes:
                yield (
                    f"prompts.{one} and prompts.{other}: encoders.{name} does not tell them apart "
                    f"{_in_classes(study, classes)}; it reads the same of both"
                )


def _in_classes(study: Study, classes: Sequence[str]) -> str:
    if len(classes) == len(study.classes):
        return "in every class"
    more = f" and {len(classes) - NAMED:,} more" if len(classes) > NAMED else ""
    return f"in {', '.join(classes[:NAMED])}{more}"


def _useless_without_guidance(study: Study) -> Iterator[str]:
    for name in _made(study):
        spec = study.variants[name]
        generator = study.generator_of(name)
        arguments = getattr(generator, "arguments", {})
        useless = {
            # Distilled models such as FLUX have a guidance of their own for it.
            "negative_prompt": bool(getattr(generator, "negative_prompt", None))
            and arguments.get("true_cfg_scale", 1) == 1,
            "guidance_interval": getattr(generator, "guidance_interval", None) is not None,
            "guidance_rescale": bool(arguments.get("guidance_rescale")),
        }
        for key, given in useless.items():
            if given and (spec.scale or 0) <= 1:
                yield (
                    f"variants.{name}: guidance_scale {spec.scale:g} switches guidance off, "
                    f"and so the {key} of generators.{spec.generator} has no effect"
                )
