"""A few sections of a study file as YAML, for people to copy.

Written here, since jobs that make tables have no YAML library.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
"""Texts that need no quotes, but for `WORDS`."""

WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""Texts that YAML 1.1 reads as something else."""


def yaml_text(sections: Mapping[str, Mapping[str, Any]]) -> str:
    """Write sections with their entries, one line an entry.

    >>> print(yaml_text({"prompts": {"new": {"kind": "template", "template": "a {name}"}}}), end="")
    prompts:
      new: {kind: template, template: "a {name}"}
    """
    lines = []
    for section, entries in sections.items():
        lines.append(f"{section}:")
        lines += [f"  {_text(name)}: {_flow(entry)}" for name, entry in entries.items()]
    return "".join(f"{line}\n" for line in lines)


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return (
            f"{{{', '.join(f'{_text(str(key))}: {_flow(each)}' for key, each in value.items())}}}"
        )
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_flow, value))}]"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value)


def _text(text: str) -> str:
    if PLAIN.fullmatch(text) and text.lower() not in WORDS:
        return text
    # YAML knows JSON's escapes; what is printable stays as it is.
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _number(value: float) -> str:
    # YAML 1.1 takes 1e-05 for a text.
    mantissa, exponent, power = repr(value).partition("e")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}{exponent}{power}"
