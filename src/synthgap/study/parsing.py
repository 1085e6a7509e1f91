"""Reading a study file, and saying in one line what is wrong with it."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from synthgap.embedding import mean_removal
from synthgap.errors import InputError
from synthgap.files import read_regular
from synthgap.image_sets import pairs
from synthgap.refusals import in_words
from synthgap.study import adapted, derivable, trainings
from synthgap.study.images import problem_of_images
from synthgap.study.model import Study
from synthgap.tuning.spec import Tuning

LARGEST = 64 * 2**20
"""Bytes of a study file; a thousand classes take a third of one."""

SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same as `yaml.safe_load`; in C, where PyYAML was built with it, it is ten times faster."""

KINDS = MappingProxyType(
    {"bool": "yes or no", "float": "a number", "int": "a whole number", "timestamp": "a date"}
)
"""By the last word of a tag what a value is read as; a text can be anything."""

SHOWN = 40
"""Characters of a value that a message shows."""

MERGE = "tag:yaml.org,2002:merge"
"""Tag of the key `<<`, which takes over another mapping and may stand more than once."""

NAME = "[key]"
"""How Pydantic marks that the name of an entry is meant, and not its value."""


def read_yaml(file: str | Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping.

    Raises:
        InputError: the file is missing, no YAML, or no mapping, or a key stands in it twice.
    """
    try:
        text = read_regular(file, LARGEST).decode("utf-8-sig")
        top = yaml.compose(text, Loader=SafeLoader)
        problem = _repeated_key(top) or _no_value(top)
        data = None if problem else yaml.load(text, Loader=SafeLoader)
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 text; save it as UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}, column {mark.column + 1}:" if mark else ""
        problem = getattr(error, "problem", None) or "cannot be parsed"
        raise InputError(
            f"{file}:{where} not YAML: {problem}; indent with spaces and quote texts with a colon"
        ) from error
    if problem:
        raise InputError(f"{file}: {problem}")
    if not isinstance(data, dict):
        raise InputError(f"{file}: a study file is a mapping of sections; see config/README.md")
    return data


def refuse_repeated_keys(file: str | Path) -> None:
    """Look once more into a file that was read as YAML or JSON, for keys that were dropped.

    Raises:
        InputError: a mapping has a key twice; which of the values is meant cannot be known.
    """
    try:
        text = Path(file).read_text(encoding="utf-8")
        problem = _repeated_key(yaml.compose(text, Loader=SafeLoader))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        # JSON that is no YAML, since it is indented with tabs.
        return
    if problem:
        raise InputError(f"{file}: {problem}")


def _repeated_key(top: yaml.Node | None) -> str | None:
    """Say which key stands twice in a mapping, and where."""
    for node in _nodes(top):
        if not isinstance(node, yaml.MappingNode):
            continue
        lines: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            if isinstance(key, yaml.ScalarNode) and key.tag != MERGE:
                if key.value in lines:
                    return (
                        f"line {line}: the key {key.value} stands in line {lines[key.value]} "
                        "already; drop one of them"
                    )
                lines[key.value] = line
    return None


def _no_value(top: yaml.Node | None) -> str | None:
    """Say which value is not of the type that it is written as, such as an impossible date."""
    constructor = yaml.SafeLoader("")
    for node in _nodes(top):
        kind = node.tag.rpartition(":")[2]
        if kind not in KINDS or not isinstance(node, yaml.ScalarNode):
            continue
        try:
            constructor.construct_object(node)
        # PyYAML leaves each to Python's own error: ValueError, KeyError, AttributeError and more.
        except Exception:
            value = node.value if len(node.value) <= SHOWN else f"{node.value[:SHOWN]}..."
            return (
                f"line {node.start_mark.line + 1}: {value} cannot be read as {KINDS[kind]}; put it "
                "in quotes, without a tag"
            )
    return None


def _nodes(top: yaml.Node | None) -> Iterator[yaml.Node]:
    """Every node of a file, in its order."""
    pending, seen = [top] if top else [], set()
    while pending:
        node = pending.pop()
        if id(node) in seen:
            # An anchor may stand inside of itself.
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, yaml.SequenceNode):
            pending += reversed(node.value)
        elif isinstance(node, yaml.MappingNode):
            pending += reversed([each for pair in node.value for each in pair])


def parse_study(data: Mapping[str, Any], file: str | Path) -> Study:
    """Make a study of a study file's content, and check what it needs outside the file.

    Args:
        data: content of the file, with any values overridden.
        file: where it comes from, for messages.

    Raises:
        InputError: the first thing that is wrong, with file and key.
    """
    study = parse_model(data, file)
    try:
        problem = _problem(study)
    except UnicodeEncodeError as error:
        problem = _half_a_character(error)
    if problem is not None:
        raise _in_one_line(file, problem)
    return study


def parse_model(data: Mapping[str, Any], file: str | Path) -> Study:
    """Make a study as `parse_study` does, without a look at anything outside the file.

    Raises:
        InputError: the first thing that is wrong, with file and key.
    """
    try:
        return Study.model_validate(data)
    except ValidationError as error:
        raise _in_one_line(file, _describe(error.errors(), data)) from error
    except UnicodeEncodeError as error:
        raise _in_one_line(file, _half_a_character(error)) from error


def _in_one_line(file: str | Path, problem: str) -> InputError:
    # A value that is quoted may hold a line break.
    return InputError(" ".join(f"{file}: {problem}".split()))


def _half_a_character(error: UnicodeEncodeError) -> str:
    around = error.object[max(0, error.start - 20) : error.start].strip()
    code = f"\\u{ord(error.object[error.start]):04x}"
    return f"{code} after {around!r} is half a character; write the character itself"


def _describe(errors: Sequence[ErrorDetails], data: Any) -> str:
    """Say where the first mistake is, and what it is."""
    first = errors[0]
    where = _key(first, data)
    if first["loc"][-1:] == (NAME,):
        where = _key({**first, "loc": first["loc"][:-2]}, data)
        what = f"the name {in_words([first])}"
    elif first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        what = f"kind must be one of {', '.join(_kinds(where))}"
    else:
        # A value that may be of several types is refused for each of them.
        what = in_words([error for error in errors if _key(error, data) == where])
    return f"{where}: {what}" if where else what


def _key(error: ErrorDetails, data: Any) -> str:
    """Write a place as it stands in the file, without what Pydantic adds for unions."""
    key, entered = "", True
    location = error["loc"]
    for depth, part in enumerate(location):
        # A union's tag comes once, right after the place of its mapping.
        if entered and isinstance(data, Mapping) and data.get("kind") == part:
            entered = False
            continue
        entered = True
        if isinstance(data, Mapping):
            # A name without quotes may be a number or a date.
            known = next((name for name in data if str(name) == str(part)), None)
            if known is None and not (error["type"] == "missing" and depth == len(location) - 1):
                continue
            key += f".{part}" if key else str(part)
            data = data.get(known)
        elif isinstance(part, int):
            key += f"[{part}]"
            try:
                data = data[part]
            except (KeyError, IndexError, TypeError):
                data = None
    return key


def _kinds(where: str) -> list[str]:
    """The kinds that a section can have, as the schema knows them."""
    section = Study.model_json_schema()["properties"][where.split(".")[0]]
    union = (
        section if "discriminator" in section else next(iter(section["patternProperties"].values()))
    )
    return list(union["discriminator"]["mapping"])


def _problem(study: Study) -> str | None:
    """Say what the study needs and does not find, or None."""
    return (
        _problem_of_prompts(study)
        or derivable.problem(study)
        or _missing_folder(study)
        or adapted.problem(study)
        or problem_of_images(study)
        or _problem_of_pairs(study)
        or trainings.problem(study)
        or _unwritable(study.results)
    )


def _problem_of_prompts(study: Study) -> str | None:
    used = [spec.prompts for spec in study.variants.values()]
    used += [spec.prompts for spec in study.loras.values()]
    for name in dict.fromkeys(used):
        if name is None:
            continue
        recipe = study.prompts[name]
        for category in study.classes:
            if recipe.needs_definition() and not category.definition:
                return (
                    f"prompts.{name}: uses {{definition}}, but the class "
                    f"{category.class_id} has none"
                )
            try:
                recipe.prompts(category)
            except InputError as error:
                return f"prompts.{name}: {error}"
    return None


def _missing_folder(study: Study) -> str | None:
    for where, model in study.models.items():
        if model.folder is not None and not os.path.isdir(model.folder):
            return f"{where}.folder: no folder {model.folder}"
    return None


def _problem_of_pairs(study: Study) -> str | None:
    for where, needs in study.asks_for_pairs.items():
        if needs.pairs is None:
            continue
        least, why = mean_removal.LEAST, f"a mean needs {mean_removal.LEAST}"
        if isinstance(needs, Tuning):
            least, why = needs.batch_size, f"a step takes {needs.batch_size} (batch_size)"
        if problem := pairs.problem(needs.pairs, least, why):
            return f"{where}.pairs: {problem}"
    return None


def _unwritable(results: str) -> str | None:
    """Say why a folder could not be made or written; nothing is made to see."""
    path = Path(os.path.abspath(results))
    while not os.path.lexists(path):
        path = path.parent
    if not path.is_dir():
        return f"results: the folder {results} cannot be written ({path} is no folder)"
    if not os.access(path, os.W_OK | os.X_OK):
        return f"results: the folder {results} cannot be written (no permission in {path})"
    return None
