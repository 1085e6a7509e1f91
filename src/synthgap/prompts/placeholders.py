"""Filling the placeholders of a template."""

import string
from collections.abc import Iterable


def check(template: str, allowed: Iterable[str]) -> str:
    """Return the template if it uses only the allowed placeholders, each of them plainly.

    Raises:
        ValueError: another placeholder, or broken braces.

    >>> check("{name}, {definition}", ["name", "definition"])
    '{name}, {definition}'
    """
    names = list(allowed)
    known = ", ".join(f"{{{name}}}" for name in names)
    try:
        fields = [field for _, field, _, _ in string.Formatter().parse(template)]
    except ValueError as error:
        raise ValueError(f"{template!r}: {error}; write {{{{ and }}}} for braces") from error
    for field in fields:
        if field is not None and field not in names:
            raise ValueError(f"unknown placeholder {{{field}}} in {template!r}; known are {known}")
    return template
