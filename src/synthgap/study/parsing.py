"""Reading a study file, and saying in one line what is wrong with it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from synthgap.errors import InputError
from synthgap.files import read_regular
from synthgap.image_sets.parquet_files import ParquetFiles
from synthgap.study.images import problem_of_images
from synthgap.study.model import Study

LARGEST = 64 * 2**20
"""Bytes of a study file; a thousand classes take a third of one."""

WANTED = {
    "tuple_type": "a list",
    "dict_type": "a mapping of names",
    "string_type": "text; put it in quotes",
    "int_parsing": "a whole number",
    "float_parsing": "a number",
}
"""What YAML calls the types that Pydantic names by Python's words."""


def read_yaml(file: str | Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping.

    Raises:
        InputError: the file is missing, no YAML, or no mapping.
    """
    try:
        data = yaml.safe_load(read_regular(file, LARGEST).decode("utf-8-sig"))
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
    if not isinstance(data, dict):
        raise InputError(f"{file}: a study file is a mapping of sections; see config/README.md")
    return data


def parse_study(data: Mapping[str, Any], file: str | Path) -> Study:
    """Make a study of a study file's content, and check what it needs outside the file.

    Args:
        data: content of the file, with any values overridden.
        file: where it comes from, for messages.

    Raises:
        InputError: the first thing that is wrong, with file and key.
    """
    study = parse_model(data, file)
    problem = _problem(study)
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
        raise _in_one_line(file, _describe(error.errors()[0], data)) from error


def _in_one_line(file: str | Path, problem: str) -> InputError:
    # A value that is quoted may hold a line break.
    return InputError(" ".join(f"{file}: {problem}".split()))


def _describe(error: ErrorDetails, data: Any) -> str:
    where = _key(error["loc"], data)
    if error["type"] == "missing":
        what = "missing; a study file is complete in itself, see config/README.md"
    elif error["type"] == "value_error":
        what = str(error["ctx"]["error"])
    elif error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        what = f"kind must be one of {', '.join(_kinds(where))}"
    elif error["type"] in WANTED:
        what = f"must be {WANTED[error['type']]}, not {error['input']!r:.60}"
    else:
        given = repr(error["input"])
        what = f"{error['msg'][0].lower()}{error['msg'][1:]}, not {given[:60]}"
        if error["type"] == "string_pattern_mismatch" and where.endswith("class_id"):
            what = (
                f"{given} cannot name files: use letters, digits, dots, dashes and underscores, "
                "such as n02012849"
            )
    return f"{where}: {what}" if where else what


def _key(location: tuple[int | str, ...], data: Any) -> str:
    """Write a place as it stands in the file, without the tags that Pydantic adds for unions."""
    key, entered = "", True
    for depth, part in enumerate(location):
        # A union's tag comes once, right after the place of its mapping.
        if entered and isinstance(data, Mapping) and data.get("kind") == part:
            entered = False
            continue
        entered = True
        if isinstance(part, int):
            key += f"[{part}]"
        elif part.startswith("["):
            # Pydantic's word for a key, and the tags of `TrainingSet`.
            continue
        elif (isinstance(data, Mapping) and part in data) or depth == len(location) - 1:
            key += f".{part}" if key else part
        else:
            continue
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
        or _missing_folder(study)
        or problem_of_images(study)
        or _unwritable(study.results)
    )


def _problem_of_prompts(study: Study) -> str | None:
    for variant, spec in study.variants.items():
        if spec.prompts is None:
            continue
        for category in study.classes:
            if study.prompts[spec.prompts].needs_definition() and not category.definition:
                return (
                    f"prompts.{spec.prompts}: uses {{definition}}, but the class "
                    f"{category.class_id} has none"
                )
            try:
                study.prompts_of(variant, category.class_id)
            except InputError as error:
                return f"prompts.{spec.prompts}: {error}"
    return None


def _missing_folder(study: Study) -> str | None:
    for where, model in study.models.items():
        if model.folder is not None and not Path(model.folder).is_dir():
            return f"{where}.folder: no folder {model.folder}"
    return None


def slow_images(study: Study) -> str | None:
    """Say which Parquet files of a checked study are slow to read, or None."""
    sets = [study.image_set(source) for source in study.sources]
    slow = [found.files for found in sets if isinstance(found, ParquetFiles) and found.compressed()]
    if not slow:
        return None
    return (
        f"{', '.join(dict.fromkeys(slow))}: images are compressed, so that reading one takes "
        "reading many, at every stage; copy them first with python -m "
        "synthgap.image_files.uncompressed; see docs/HOWTO.md"
    )


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
