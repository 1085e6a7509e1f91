"""The base of every section of a study file.

A section documents its keys with the strings under them: they become the descriptions of the JSON
schema, and rewording one changes no code identity (see `synthgap.identity`).
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema

from synthgap.limits import bound
from synthgap.refusals import shown

KEYS = 12
"""Of a section that a message lists."""


class Section(BaseModel):
    """A part of a study file: unknown keys are refused, with the nearest known one as a hint.

    Numbers are finite, and those that say no limits of their own have those of `synthgap.limits`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let Pydantic describe the section, and put limits to its numbers."""
        schema = handler(source)
        bound(handler.resolve_ref_schema(schema))
        return schema

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            raise ValueError(f"must be a mapping with the keys {_listed(cls.model_fields)}")
        for key in data:
            if key not in cls.model_fields:
                near = get_close_matches(str(key), cls.model_fields, 1)
                hint = (
                    f"did you mean {near[0]}?" if near else f"known are {_listed(cls.model_fields)}"
                )
                given = key if isinstance(key, str) else shown(key)
                raise ValueError(f"unknown key {given}; {hint}")
        return data


def _listed(keys: Iterable[str]) -> str:
    listed = list(keys)
    more = " and more, see config/README.md" if len(listed) > KEYS else ""
    return f"{', '.join(listed[:KEYS])}{more}"
