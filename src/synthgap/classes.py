"""The classes of a study."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationError, field_validator

from synthgap.csv_rows import csv_rows
from synthgap.errors import InputError
from synthgap.file_sections import FileSection, from_file
from synthgap.places import Place
from synthgap.refusals import LONGEST_NAME, PATH_SAFE, in_words
from synthgap.section import Section


class Category(Section):
    """One class of the study."""

    class_id: str = Field(pattern=PATH_SAFE, max_length=LONGEST_NAME)
    """Identifies the class and names its files: letters, digits, `.`, `_`, `-`; unique."""
    name: str = Field(min_length=1)
    """What people call the class. Two classes may share a name."""
    definition: str = Field(default="")
    """What tells the class apart from others of the same name."""
    folder: str = Field(default="", pattern=r"^[^/]*$")
    """What the class is called in image sets (the name of its folder, or its label in Parquet
    files), where that is not its class_id."""

    @field_validator("folder")
    @classmethod
    def _one_of_its_own(cls, folder: str) -> str:
        if folder in (".", "..") or "\0" in folder:
            raise ValueError(f"{folder!r} is no folder of a class; write its name")
        return folder


class ClassFile(FileSection):
    """The classes of a study in a file of their own."""

    file: Place
    """CSV file with the columns `class_id`, `name` and, where needed, `definition` and `folder`."""


def read_classes(file: str) -> list[Category]:
    """Read the classes of a CSV file, in its order; columns that mean nothing here are left.

    Raises:
        InputError: the file is none such, or one of its rows is no class.
    """
    classes = []
    for line, row in csv_rows(file, ("class_id", "name")):
        known = {key: text for key, text in row.items() if key in Category.model_fields}
        try:
            classes.append(Category.model_validate(known))
        except ValidationError as error:
            first = error.errors()[0]
            raise InputError(
                f"{file}: line {line}: {first['loc'][0]}: {in_words([first])}"
            ) from error
    return classes


def _listed(classes: Any) -> Any:
    return from_file(classes, ClassFile, read_classes) if isinstance(classes, dict) else classes


Classes = Annotated[
    tuple[Category, ...],
    Field(min_length=1),
    BeforeValidator(
        _listed,
        json_schema_input_type=Annotated[tuple[Category, ...], Field(min_length=1)] | ClassFile,
    ),
]
"""Classes as a study file gives them: listed, or in a file of their own."""
