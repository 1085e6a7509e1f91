"""The text of a study file, with a comment on every choice."""

import re
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import yaml

from synthgap.command_line import encoders

MARK = "# Written by synthgap."
"""How a file begins that `synthgap` wrote; its paths are relative to its own folder."""

WIDTH = 100
ENDLESS = 10**9
"""Width of what must stay on one line."""

MOST_LINES = 20
"""Of what was left out; the rest is counted."""


class Class(NamedTuple):
    """A class as a study file lists it."""

    class_id: str
    name: str
    folder: str
    images: Mapping[str, int]


class Parts(NamedTuple):
    """What a study file says."""

    study: str
    classes: list[Class]
    natural: Mapping[str, Any]
    natural_comment: str
    generators: Mapping[str, Mapping[str, Any]]
    encoder: encoders.Chosen
    n: int
    reasons: list[str]
    left_out: list[str]


def study_text(parts: Parts) -> str:
    """Write a study file."""
    prompted = any("table" in generator for generator in parts.generators.values())
    prompts = "The tables may say what each image was made from. " if prompted else ""
    blocks = [
        [
            f"{MARK} Paths are relative to the folder of this file.",
            *commented(
                "Everything here may be changed; `synthgap check` says whether it is right."
            ),
            *commented("Every key has its meaning in config/README.md of synthgap."),
            f"study: {scalar(parts.study)}",
        ],
        [
            *commented(
                "Everything that is made goes here. A folder of its own, never the images'."
            ),
            f"results: {scalar('results/' + parts.study)}",
        ],
        [
            *commented(
                "Classes that every source has, matched by name: capitals, blanks, underscores and "
                "dashes do not count. class_id names files; name is for people; folder is what the "
                "natural images call the class, where that is not its class_id."
            ),
            *_left_out(parts.left_out),
            "classes:",
            *(_class(one) for one in parts.classes),
        ],
        [*commented(parts.natural_comment), f"natural: {mapping(parts.natural)}"],
        [
            *commented("Images that exist: all are read, none is made."),
            "generators:",
            *(f"  {scalar(name)}: {mapping(each)}" for name, each in parts.generators.items()),
        ],
        [
            *commented(
                f"{prompts}Where it is known from which prompts images were made, a recipe tells "
                "how well they follow it: add `prompts: {plain: {kind: template, template: "
                '"a photo of a {name}"}}` to the study and `prompts: plain` to a variant.'
            ),
            "variants:",
            *(f"  {scalar(name)}: {mapping({'generator': name})}" for name in parts.generators),
        ],
        [
            *commented(
                f"Distances are measured between embeddings of this model. {parts.encoder.reason}"
            ),
            *(
                commented("It embeds images alone; measures that need prompts stay empty.")
                if parts.encoder.kind == "vision"
                else ()
            ),
            "encoders:",
            f"  {scalar(parts.encoder.name)}:",
            f"    kind: {parts.encoder.kind}",
            f"    model: {mapping(parts.encoder.model)}",
        ],
        [*commented(" ".join(parts.reasons)), f"measures: {mapping({'n': parts.n})}"],
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def scalar(value: Any) -> str:
    """Write a text or number as YAML, in quotes where it needs them.

    >>> scalar("crane"), scalar("{x}"), scalar("no"), scalar("a: b # c"), scalar(5)
    ('crane', "'{x}'", "'no'", "'a: b # c'", '5')
    """
    # In a list, a text stands in quotes that would only need them there.
    if isinstance(value, str) and not value.isprintable():
        # PyYAML escapes what no line may hold in double quotes alone.
        text = yaml.safe_dump([value], default_flow_style=True, width=ENDLESS, default_style='"')
    else:
        text = yaml.safe_dump([value], default_flow_style=True, width=ENDLESS, allow_unicode=True)
    return str(text).strip()[1:-1]


def mapping(values: Mapping[str, Any]) -> str:
    """Write a mapping of texts, numbers and such mappings on one line."""
    inside = ", ".join(f"{scalar(key)}: {scalar(value)}" for key, value in values.items())
    return f"{{{inside}}}"


def commented(text: str) -> list[str]:
    """Write a text as the lines of a comment."""
    lines = textwrap.wrap(
        printable(text), WIDTH - 2, break_long_words=False, break_on_hyphens=False
    )
    return [f"# {line}" for line in lines]


def printable(text: str) -> str:
    """Show characters that no line may hold as escapes, such as a line break in a folder's name."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def limited(lines: Iterable[str], most: int = MOST_LINES) -> list[str]:
    """The first of some lines, and how many more there are."""
    every = list(lines)
    if len(every) <= most:
        return every
    return [*every[: most - 1], f"and {len(every) - most + 1} more"]


def _class(one: Class) -> str:
    folder = {"folder": one.folder} if one.folder != one.class_id else {}
    counts = ", ".join(f"{source} {images}" for source, images in one.images.items())
    return f"  - {mapping({'class_id': one.class_id, 'name': one.name, **folder})}  # {counts}"


def _left_out(lines: list[str]) -> list[str]:
    if not lines:
        return []
    return ["# Left out:", *(f"# - {printable(line)}" for line in limited(lines))]


def safe_name(text: str) -> bool:
    """Whether a text can be the name of a study."""
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", text) is not None
