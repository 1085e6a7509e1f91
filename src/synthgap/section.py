"""The base of every section of a study file.

A section documents its keys with the strings under them: they become the descriptions of the JSON
schema, and rewording one changes no code identity (see `synthgap.identity`).
"""

from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Section(BaseModel):
    """A part of a study file: unknown keys are refused, with the nearest known one as a hint."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            raise ValueError(f"must be a mapping with the keys {', '.join(cls.model_fields)}")
        for key in data:
            if key not in cls.model_fields:
                near = get_close_matches(str(key), cls.model_fields, 1)
                hint = f"did you mean {near[0]}?" if near else "known are"
                known = "" if near else f" {', '.join(cls.model_fields)}"
                raise ValueError(f"unknown key {key}; {hint}{known}")
        return data
