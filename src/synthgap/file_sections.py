"""Parts of a study that may stand in a file of their own, which `file` names."""

from collections.abc import Callable
from typing import TypeVar

from pydantic import ValidationError

from synthgap.errors import InputError
from synthgap.places import Place
from synthgap.refusals import in_words
from synthgap.section import Section

Part = TypeVar("Part")


class FileSection(Section):
    """A part of a study in a file of its own."""

    file: Place
    """Where it stands."""


def from_file(given: object, section: type[FileSection], read: Callable[[str], Part]) -> Part:
    """Read the part of a study that a section says to be in a file.

    Args:
        given: the section as the study has it.
        section: what it must be.
        read: reads the file, and raises an `InputError` where it cannot.

    Raises:
        ValueError: as Pydantic takes it, where the section or the file is none such.
    """
    try:
        return read(section.model_validate(given).file)
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f"{part}: " for part in first["loc"])
        raise ValueError(f"{where}{in_words([first])}") from error
    except InputError as error:
        raise ValueError(str(error)) from error
