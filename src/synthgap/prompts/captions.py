"""The recipe `captions`: prompts from a user's own file."""

import os
from functools import cache
from typing import Literal

from pydantic import field_validator

from synthgap.classes import Category
from synthgap.csv_rows import csv_rows
from synthgap.errors import InputError
from synthgap.places import Place
from synthgap.prompts.recipe import PromptRecipe


@cache
def read_captions(file: str) -> dict[str, tuple[str, ...]]:
    """Read the columns `class_id` and `prompt` of a CSV file: the prompts of each class, in order.

    Raises:
        InputError: the file has not these columns, or is not UTF-8.
    """
    captions: dict[str, list[str]] = {}
    for line, row in csv_rows(file, ("class_id", "prompt")):
        if not row["prompt"].strip():
            raise InputError(f"{file}: line {line}: no prompt for the class {row['class_id']}")
        captions.setdefault(row["class_id"], []).append(row["prompt"])
    return {class_id: tuple(prompts) for class_id, prompts in captions.items()}


class CaptionsRecipe(PromptRecipe):
    """Prompts written elsewhere; the image's index chooses among its class's."""

    kind: Literal["captions"]
    """Prompts from a file."""
    file: Place
    """CSV file with the columns `class_id` and `prompt`, any number of rows a class."""

    @field_validator("file")
    @classmethod
    def _exists(cls, file: str) -> str:
        if not os.path.isfile(file):
            raise ValueError(f"no file {file}")
        return file

    def prompts(self, category: Category) -> tuple[str, ...]:
        """The captions of a class, in the order of the file.

        Raises:
            InputError: the file has none for the class.
        """
        try:
            return read_captions(self.file)[category.class_id]
        except KeyError:
            raise InputError(f"{self.file}: no caption for the class {category.class_id}") from None
