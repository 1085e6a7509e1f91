"""Data for the page, as scripts: a page opened from disk may run scripts, but not read files."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SIGNIFICANT = 5
"""Digits that numbers keep: more than any chart or table shows."""


def write_script(path: Path, place: str, value: Any) -> None:
    """Write a value as a script that puts it into the page's data.

    Args:
        path: where to, JavaScript.
        place: where in the page's data, such as `study` or `classes[3]`.
        value: anything that JSON can say; numbers lose what no reader sees, and those that are none
            become null.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(tidy(value), separators=(",", ":"), allow_nan=False)
    path.write_text(f"SG.{place} = {text};\n", encoding="ascii")


def tidy(value: Any) -> Any:
    """Round numbers, and make null of what is none.

    >>> tidy({"a": [0.1234567, float("nan"), 3]})
    {'a': [0.12346, None, 3]}
    """
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT}g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: tidy(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [tidy(each) for each in value]
    return value
