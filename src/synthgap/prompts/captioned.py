"""The recipe `captioned`: prompts from captions of the class's own natural images."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pydantic import Field, field_validator

from synthgap import seeds
from synthgap.classes import Category
from synthgap.described import Columns, described_table
from synthgap.errors import InputError
from synthgap.prompts.placeholders import check, placeholders
from synthgap.prompts.recipe import PromptRecipe
from synthgap.prompts.template import PLACEHOLDERS
from synthgap.tables import read, write

COLUMNS: Columns = {
    "class_id": (pa.string(), "the class"),
    "index": (pa.int64(), "number of the prompt; image i takes prompt i modulo their number"),
    "prompt": (pa.string(), "the prompt"),
    "caption": (pa.string(), "the caption in it"),
    "natural_index": (pa.int64(), "index of the natural-train image that the caption is of"),
    "natural_key": (pa.string(), "its key"),
}


class CaptionedRecipe(PromptRecipe):
    """Prompts from captions of natural-train's images of the class; natural-val is never seen."""

    kind: Literal["captioned"]
    """Captions of the class's natural-train images, one image's in each prompt."""
    captioner: str
    """Name of a captioner."""
    template: str = Field(min_length=1)
    """The prompt, with the placeholders {name}, {definition}, {class_id} and {caption}."""
    captions_per_class: int | None = Field(default=None, ge=1)
    """Captions of a class that stand in its prompts, drawn by the study's seed; all if left out.
    Each prompt is embedded, so that many classes with many natural images need a limit."""

    @field_validator("template")
    @classmethod
    def _with_caption(cls, template: str) -> str:
        if "caption" not in placeholders(check(template, (*PLACEHOLDERS, "caption"))):
            raise ValueError(f"{template!r} has no place for the {{caption}}")
        return template

    def prompts(self, category: Category) -> tuple[str, ...]:
        """None: what the captions say, only a job finds out."""
        return ()

    def needs_definition(self) -> bool:
        """Whether the template uses it."""
        return "definition" in placeholders(self.template)


def filled(template: str, category: Mapping[str, Any], caption: str) -> str:
    """Put a class and a caption into a template.

    >>> filled("{name}, {caption}", {"class_id": "c", "name": "crane", "definition": ""}, "flying")
    'crane, flying'
    """
    known = {name: category[name] for name in PLACEHOLDERS}
    return template.format(**known, caption=caption)


def pair_captions(
    captions: str | Path,
    path: str | Path,
    *,
    template: str,
    category: Mapping[str, Any],
    study_seed: int,
    most: int | None,
    metadata: Mapping[str, str],
) -> None:
    """Make the prompts of a class of its captions, in an order that the seed decides.

    Every natural image gives one prompt, so that what varies among these varies as much among the
    prompts.

    Args:
        captions: table of captions of the class's natural images.
        path: where to.
        template: of the recipe.
        category: name, definition and id of the class.
        study_seed: the study's seed.
        most: prompts that are made, the first of that order; None for all.
        metadata: what made the table.

    Raises:
        InputError: no image has a caption.
    """
    class_id = category["class_id"]
    rows = [row for row in read(captions).to_pylist() if row["caption"]]
    if not rows:
        raise InputError(
            f"{captions}: the captioner says nothing of any image of {class_id}; name another model"
        )
    order = seeds.generator("captions", study_seed, class_id).permutation(len(rows))
    prompts = [
        {
            "class_id": class_id,
            "index": number,
            "prompt": filled(template, category, row["caption"]),
            "caption": row["caption"],
            "natural_index": row["index"],
            "natural_key": row["key"],
        }
        for number, row in enumerate(rows[place] for place in order[:most])
    ]
    write(described_table(prompts, COLUMNS), path, metadata)


def read_prompts(path: str | Path) -> list[str]:
    """The prompts of a class in their order, as `pair_captions` wrote them."""
    found: list[str] = read(path, ["prompt"])["prompt"].to_pylist()
    return found
