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
        parsed = list(string.Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"{template!r}: {error}; write {{{{ and }}}} for braces") from error
    for _, field, specification, conversion in parsed:
        if field is not None and field not in names:
            raise ValueError(f"unknown placeholder {{{field}}} in {template!r}; known are {known}")
        if specification or conversion:
            raise ValueError(
                f"{template!r}: write {{{field}}} without {specification or conversion}"
            )
    return template


def placeholders(template: str) -> set[str]:
    """Names of the placeholders of a template.

    >>> placeholders("{name} and {{prompt}}")
    {'name'}
    """
    return {field for _, field, _, _ in string.Formatter().parse(template) if field is not None}
