"""What Pydantic refuses, in the words of a study file: plain, and with what would be right."""

import datetime
import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from pydantic_core import ErrorDetails

from synthgap.limits import LIMITS, USUAL

PATH_SAFE = r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9_-])?$"
"""Names that become part of a path, on any disk."""

LONGEST_NAME = 200
"""Characters of such a name: a file's name may have 255 bytes, and the workflow adds to it."""

PATTERNS: Mapping[str, str] = MappingProxyType(
    {
        PATH_SAFE: "cannot name files: use letters, digits, dots, dashes and underscores, first a "
        "letter or digit and no dot last, such as n02012849",
        r"^[^/]*$": "cannot name a folder inside another: leave out the slash",
        r"^[\w.-]+/[\w.-]+$": "names no repository of the hub: write owner/name, both of letters, "
        "digits, dots, dashes and underscores",
        r"^[0-9a-f]{40}$": "is no commit: write all of its 40 digits, 0 to 9 and a to f",
        r"^[A-Za-z0-9]+Scheduler$": "is no scheduler: write the name of a class of diffusers, such "
        "as DDIMScheduler",
    }
)
"""What stands after a text that lacks the form of a pattern. A test holds that none is missing."""

WANTED = MappingProxyType(
    {
        "string": "text",
        "int": "a whole number",
        "float": "a number",
        "bool": "true or false",
        "tuple": "a list",
        "list": "a list",
        "dict": "a mapping",
    }
)
"""What YAML calls the types that Pydantic names by Python's words."""

SHOWN = 60
"""Characters of a value that a message repeats."""


def in_words(errors: Sequence[ErrorDetails]) -> str:
    """Say what is wrong with a value and what would be right.

    Args:
        errors: those of one value; several where it may be of one of several types.
    """
    # Of the right type, the value is wrong for another reason, which says more.
    others = [error for error in errors if _wanted(error) is None]
    if others:
        return _words(min(others, key=lambda error: error["type"] == "literal_error"))
    *some, last = dict.fromkeys(filter(None, map(_wanted, errors)))
    wanted = f"{', '.join(some)} or {last}" if some else last
    return _of_another_type(wanted, errors[0]["input"])


def shown(value: Any) -> str:
    """A value of a study file as its writer knows it, on one line and short.

    >>> shown(True), shown(None), shown([1]), shown("a\\nb"), shown(2**200)
    ('true', 'nothing', 'a list', "'a\\\\nb'", '1.61e+60')
    """
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not math.isfinite(value):
        # As YAML writes them.
        return ".nan" if math.isnan(value) else f"{value}".replace("inf", ".inf")
    if isinstance(value, int) and abs(value) >= 10**300:
        return "a number of more than 300 digits"
    if isinstance(value, int | float) and abs(value) >= 1e15:
        return f"{value:.3g}"
    if isinstance(value, datetime.date):
        return f"the date {value.isoformat()}"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple | set):
        return "a list"
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 4]} ..."


def _wanted(error: ErrorDetails) -> str | None:
    kind, _, what = error["type"].partition("_")
    if what in ("type", "parsing", "parsing_size", "from_float", "sub_type", "unicode"):
        return WANTED.get(kind)
    return None


def _of_another_type(wanted: str, value: Any) -> str:
    said = f"must be {wanted}, not {shown(value)}"
    if "text" not in wanted or isinstance(value, list | tuple | Mapping):
        return said
    if isinstance(value, bool):
        return f"{said}; put it in quotes: without them YAML reads no, off and n as false"
    if isinstance(value, int):
        return f"{said}; put it in quotes: without them YAML reads 007 as 7"
    return f"{said}; put it in quotes"


def _words(error: ErrorDetails) -> str:
    value, context = error["input"], error.get("ctx", {})
    match error["type"]:
        case "value_error" | "assertion_error":
            return str(context["error"])
        case "missing":
            return "missing; a study file is complete in itself, see config/README.md"
        case "string_pattern_mismatch":
            return f"{shown(value)} {PATTERNS[context['pattern']]}"
        case "literal_error":
            return f"must be {context['expected']}, not {shown(value)}"
        case "string_too_short":
            return "must not be empty"
        case "string_too_long":
            return f"must have at most {context['max_length']} characters, not {len(value)}"
        case "too_short":
            return f"must hold at least {context['min_length']}, not {context['actual_length']}"
        case "too_long":
            return f"must hold at most {context['max_length']}, not {context['actual_length']}"
        case "multiple_of":
            return f"must be a multiple of {context['multiple_of']}, not {shown(value)}"
        case "finite_number":
            return f"must be a finite number, not {shown(value)}"
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal":
            return _out_of_limits(error)
    return f"cannot be {shown(value)}; see config/README.md"


def _out_of_limits(error: ErrorDetails) -> str:
    ((_, end),) = error["ctx"].items()
    words = {
        "greater_than": "more than",
        "greater_than_equal": "at least",
        "less_than": "less than",
        "less_than_equal": "at most",
    }[error["type"]]
    # A list's number or a union's type may follow the key.
    limits = [LIMITS[str(part)] for part in error["loc"] if part in LIMITS]
    limit = limits[-1] if limits else USUAL
    why = limit.why_least
    if error["type"].startswith("less"):
        # A section may have a limit of its own, for its own reason.
        why = limit.why if end == limit.most else ""
    reason = f" ({why})" if why else ""
    written = f"{int(end):,}" if end == int(end) else f"{end:g}"
    return f"must be {words} {written}{reason}, not {shown(error['input'])}"
