"""What may be changed in a variant: each change as a part of a study file that could be added."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from synthgap.classes import Category
from synthgap.generation.known_pipelines import begins_with_images, takes_negative_prompt
from synthgap.prompts.captioned import CaptionedRecipe, filled
from synthgap.prompts.captions import CaptionsRecipe
from synthgap.prompts.contexts import ContextsRecipe
from synthgap.prompts.recipes import Recipe
from synthgap.prompts.template import TemplateRecipe
from synthgap.refusals import LONGEST_NAME
from synthgap.tables import read

A_CAPTION = "(a caption of one of its natural images)"
"""Stands in a prompt whose caption is not made yet."""

NATURAL_TRAIN = "natural-train"

STRENGTH = 0.6
"""Of image-to-image where it is proposed: more than half of the steps are done."""

FIRST_CAPTIONER = "measured"
"""What a captioner of digits is called where the study has none."""


class Variant(NamedTuple):
    """A variant as far as changes of it are concerned."""

    generator: str | None
    prompts: str | None
    guidance_scale: float | None
    generated: bool
    """Whether the study makes its images."""
    origins: tuple[str, ...] = ()
    """Variants whose images it takes."""


class Changeable(NamedTuple):
    """What of a study decides how its variants can be changed."""

    variants: Mapping[str, Variant]
    generators: Mapping[str, Mapping[str, Any]]
    """Those that make images, as the study file has them."""
    recipes: Mapping[str, Recipe]
    classes: Mapping[str, Category]
    captioners: tuple[str, ...] = ()
    digits: bool = False
    """Whether natural images are handwritten digits, whose strokes can be measured."""
    training_sets: Mapping[str, tuple[str, ...]] = {}
    """Sources of each; of studies that train."""
    negative: frozenset[str] = frozenset()
    """Generators that take a negative prompt."""
    beginning: frozenset[str] = frozenset()
    """Generators that can begin with images."""
    captioned: Mapping[tuple[str, str], str] = {}
    """Of recipes with captions and classes the first prompt, of those that are made."""


def changeable(
    study: Mapping[str, Any],
    folders: Mapping[str, str],
    captioned: Sequence[str],
    prompts: Sequence[str | Path],
) -> Changeable:
    """Read what a study says of itself, and what has been made of it.

    Args:
        study: as `study.changeable` says it.
        folders: by variant where the model of its generator lies, if it has one.
        captioned: recipes with captions.
        prompts: of each of these recipes the tables of all classes, recipe by recipe.
    """
    variants = {
        name: Variant(generator, recipe, scale, generated, tuple(origins))
        for name, (generator, recipe, scale, generated, origins) in study["variants"].items()
    }
    firsts = [read(table, ["prompt"])["prompt"][0].as_py() for table in prompts]
    return Changeable(
        variants,
        study["generators"],
        {name: _read(entry) for name, entry in study["recipes"].items()},
        {
            class_id: Category(class_id=class_id, name=name, definition=definition)
            for class_id, (name, definition) in study["classes"].items()
        },
        tuple(study["captioners"]),
        study["digits"],
        {name: tuple(sources) for name, sources in study["training_sets"].items()},
        frozenset(
            variants[name].generator or ""
            for name, folder in folders.items()
            if takes_negative_prompt(folder)
        ),
        frozenset(
            variants[name].generator or ""
            for name, folder in folders.items()
            if begins_with_images(folder)
        ),
        dict(zip(product(captioned, study["classes"]), firsts, strict=True)),
    )


class Change(NamedTuple):
    """A change that could be tried."""

    text: str
    """What it is, in words."""
    added: Mapping[str, Any]
    """What to add to the study file, section by section."""
    variant: str | None
    """The variant that is added; None if a training set is."""
    training_set: str | None = None
    prompt: str | None = None
    """The first prompt of the class after it."""


def prompt_of(study: Changeable, recipe: str | None, class_id: str) -> str | None:
    """The first prompt of a class; None where that is in no recipe."""
    if recipe is None:
        return None
    return _first(study, study.recipes[recipe], recipe, class_id)


def definition(study: Changeable, base: str, class_id: str) -> Change | None:
    """Say the definition in the prompt."""
    recipe = _recipe(study, base)
    if not all(category.definition for category in study.classes.values()):
        return None
    if recipe is None or isinstance(recipe, CaptionsRecipe):
        entry: dict[str, Any] = {"kind": "template", "template": "{name}, {definition}"}
    elif recipe.needs_definition():
        return None
    else:
        entry = _written(recipe)
        entry["template"] = _with_definition(entry["template"])
    return _with_recipe(study, base, class_id, "definition", entry, "say the definition")


def captions(study: Changeable, base: str, class_id: str) -> Change | None:
    """Put captions of the class's natural images into the prompt."""
    recipe = _recipe(study, base)
    if isinstance(recipe, CaptionedRecipe) or not (study.captioners or study.digits):
        return None
    template = "{name}"
    if isinstance(recipe, TemplateRecipe | ContextsRecipe):
        template = recipe.template
    captioner = next(iter(study.captioners), FIRST_CAPTIONER)
    entry = {"kind": "captioned", "captioner": captioner, "template": f"{template}, {{caption}}"}
    text = "take the prompts from captions of its natural images"
    found = _with_recipe(study, base, class_id, "captions", entry, text)
    if found is None or study.captioners:
        return found
    added = {"captioners": {captioner: {"kind": "measured"}}, **found.added}
    return found._replace(added=added)


def without(study: Changeable, base: str, class_id: str, other: str | None) -> Change | None:
    """Lead away from the class that takes its images, by a negative prompt."""
    variant = study.variants[base]
    generator = variant.generator or ""
    if other is None or generator not in study.negative or (variant.guidance_scale or 0) <= 1:
        return None
    # The name where it is another's, else what tells them apart.
    name, definition = study.classes[other].name, study.classes[other].definition
    said = name if name != study.classes[class_id].name else definition
    if not said:
        return None
    spec = study.generators[generator]
    both = ", ".join(filter(None, [spec.get("negative_prompt"), said]))
    entry = {**spec, "negative_prompt": both}
    same = next((name for name, each in study.generators.items() if each == entry), None)
    new = same or _free(study.generators, generator, f"without-{other}")
    found = _with_variant(
        study,
        base,
        f"without-{other}",
        {"generator": new},
        f'lead away from {other} by the negative prompt "{said}"',
        prompt_of(study, variant.prompts, class_id),
    )
    if found is None or same:
        return found
    return found._replace(added={"generators": {new: entry}, **found.added})


def scale(study: Changeable, base: str, class_id: str, *, higher: bool) -> Change | None:
    """Take another guidance scale: the next that a variant of the study has, or twice or half.

    Never one below 1, where guidance is off.
    """
    variant = study.variants[base]
    now = variant.guidance_scale or 0.0
    known = sorted({each.guidance_scale or 0.0 for each in study.variants.values()})
    if higher:
        wanted = [each for each in known if each > now] + [max(2 * now, 2.0), max(4 * now, 4.0)]
    else:
        wanted = [each for each in reversed(known) if 1 <= each < now]
        wanted += [each for each in (now / 2, now / 4, 1.0) if 1 <= each < now]
    tried = {each.guidance_scale for each in study.variants.values() if each[:2] == variant[:2]}
    new = next((each for each in wanted if each not in tried), None)
    if new is None:
        return None
    word = "raise" if higher else "lower"
    return _with_variant(
        study,
        base,
        f"guidance-{new:g}",
        {"guidance_scale": new},
        f"{word} the guidance scale to {new:g}, from {now:g}",
        prompt_of(study, variant.prompts, class_id),
    )


def contexts(study: Changeable, base: str, class_id: str) -> Change | None:
    """Vary the prompt by the contexts that another variant has."""
    for name, recipe in study.recipes.items():
        if isinstance(recipe, ContextsRecipe) and name != study.variants[base].prompts:
            text = f"vary the prompt by the {len(recipe.contexts)} contexts of {name}"
            prompt = prompt_of(study, name, class_id)
            return _with_variant(study, base, f"with-{name}", {"prompts": name}, text, prompt)
    return None


def other_generator(study: Changeable, base: str, class_id: str) -> Change | None:
    """Make the images by another generator of the study."""
    variant = study.variants[base]
    for name in study.generators:
        if name != variant.generator:
            prompt = prompt_of(study, variant.prompts, class_id)
            text = f"make the images by {name}, in place of {variant.generator}"
            found = _with_variant(study, base, f"by-{name}", {"generator": name}, text, prompt)
            if found is not None:
                return found
    return None


def beginning(study: Changeable, base: str, class_id: str) -> Change | None:
    """Begin with natural images of the class."""
    generator = study.variants[base].generator or ""
    spec = study.generators[generator]
    if generator not in study.beginning or "image_to_image" in spec:
        return None
    entry = {**spec, "kind": "adapted", "image_to_image": {"strength": STRENGTH}}
    same = next((name for name, each in study.generators.items() if each == entry), None)
    new = same or _free(study.generators, generator, "begun")
    found = _with_variant(
        study,
        base,
        "begun",
        {"generator": new},
        f"begin with natural images of the class (image_to_image, strength {STRENGTH:g}), which "
        "the images may then copy",
        prompt_of(study, study.variants[base].prompts, class_id),
    )
    if found is None or same:
        return found
    return found._replace(added={"generators": {new: entry}, **found.added})


def natural(study: Changeable, base: str) -> Change | None:
    """Add natural images to what is trained on."""
    sources = {NATURAL_TRAIN, base}
    if not study.training_sets or sources in map(set, study.training_sets.values()):
        return None
    name = _free(study.training_sets, base, "natural")
    return Change(
        "train on natural images besides, which mends the training and not the images",
        {"training_sets": {name: [NATURAL_TRAIN, base]}},
        None,
        name,
    )


def _with_recipe(
    study: Changeable, base: str, class_id: str, suffix: str, entry: Mapping[str, Any], text: str
) -> Change | None:
    """Give a variant another recipe, which may be in the study already."""
    same = next((name for name, each in study.recipes.items() if _written(each) == entry), None)
    new = same or _free(study.recipes, study.variants[base].prompts or base, suffix)
    recipe = study.recipes[same] if same else _read(entry)
    prompt = _first(study, recipe, same, class_id)
    found = _with_variant(study, base, suffix, {"prompts": new}, text, prompt)
    if found is None or same:
        return found
    return found._replace(added={"prompts": {new: entry}, **found.added})


def _with_variant(
    study: Changeable,
    base: str,
    suffix: str,
    changed: Mapping[str, Any],
    text: str,
    prompt: str | None,
) -> Change | None:
    """Add a variant that differs from another in one thing; None if the study has it."""
    variant = study.variants[base]._replace(**changed)
    if any(each[:3] == variant[:3] for each in study.variants.values()):
        return None
    name = _free(study.variants, base, suffix)
    entry = {
        key: getattr(variant, key)
        for key in ("generator", "prompts", "guidance_scale")
        if getattr(variant, key) is not None
    }
    return Change(text, {"variants": {name: entry}}, name, prompt=prompt)


def _free(taken: Mapping[str, Any], name: str, suffix: str) -> str:
    """A name for what is made of another, which no disk takes for one that is there."""
    known = {each.casefold() for each in taken}
    for end in _endings(suffix):
        free = f"{name[: LONGEST_NAME - len(end)]}{end}"
        if free.casefold() not in known:
            return free
    raise AssertionError("endings never end")


def _endings(suffix: str) -> Iterator[str]:
    yield f"-{suffix}"
    number = 2
    while True:
        yield f"-{suffix}-{number}"
        number += 1


def _recipe(study: Changeable, base: str) -> Recipe | None:
    name = study.variants[base].prompts
    return None if name is None else study.recipes[name]


def _first(study: Changeable, recipe: Recipe, name: str | None, class_id: str) -> str | None:
    category = study.classes[class_id]
    if not isinstance(recipe, CaptionedRecipe):
        return next(iter(recipe.prompts(category)), None)
    made = study.captioned.get((name or "", class_id))
    if made is not None:
        return made
    return filled(recipe.template, category.model_dump(), A_CAPTION)


def _written(recipe: Recipe) -> dict[str, Any]:
    return recipe.model_dump(mode="json", exclude_none=True)


@cache
def _recipes() -> TypeAdapter[Recipe]:
    return TypeAdapter(Recipe)


def _read(entry: Mapping[str, Any]) -> Recipe:
    return _recipes().validate_python(entry)


def _with_definition(template: str) -> str:
    if "{name}" in template:
        return template.replace("{name}", "{name}, {definition}", 1)
    return f"{template}, {{definition}}"
