"""Groups of classes that a study asks about, such as a region, a domain or the hard ones."""

from collections.abc import Collection, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from synthgap.csv_rows import csv_rows
from synthgap.file_sections import FileSection, from_file
from synthgap.places import Place
from synthgap.refusals import LONGEST_NAME

GroupName = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]

Members = Annotated[tuple[str, ...], Field(min_length=1)]


class GroupFile(FileSection):
    """The groups of a study in a file of their own."""

    file: Place
    """CSV file with the columns `group` and `class_id`, a row for each class of each group."""


def read_groups(file: str) -> dict[str, list[str]]:
    """Read the groups of a CSV file, in the order in which they first occur.

    Raises:
        InputError: the file is none such, or a row lacks one of the two.
    """
    groups: dict[str, list[str]] = {}
    for _, row in csv_rows(file, ("group", "class_id")):
        groups.setdefault(row["group"], []).append(row["class_id"])
    return groups


def _listed(groups: Any) -> Any:
    # A group may be called file, too; it then has a list.
    if not isinstance(groups, dict) or not isinstance(groups.get("file"), str):
        return groups
    return from_file(groups, GroupFile, read_groups)


Groups = Annotated[
    dict[GroupName, Members],
    BeforeValidator(_listed, json_schema_input_type=dict[GroupName, Members] | GroupFile),
]
"""Groups as a study file gives them: listed, or in a file of their own."""


def check_groups(groups: Mapping[str, Collection[str]], class_ids: Collection[str]) -> None:
    """Refuse a group with a class that the study lacks, or that stands in it twice.

    Raises:
        ValueError: there is one such.
    """
    known = set(class_ids)
    for group, members in groups.items():
        seen: set[str] = set()
        for class_id in members:
            if class_id not in known:
                raise ValueError(
                    f"groups.{group}: the study has no class {class_id}; write a class_id that "
                    "stands in classes"
                )
            if class_id in seen:
                raise ValueError(f"groups.{group}: {class_id} stands in it twice; drop one of them")
            seen.add(class_id)
