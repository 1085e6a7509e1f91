"""What Snakemake's own report needs, so that texts of a study stand in it as they are.

Snakemake 9.27 writes labels, parameters and captions as JSON into scripts of its page, where
`</script>` and `<!--` end or change the script. It also takes braces in labels for wildcards.
"""

import json
import sys
from types import SimpleNamespace
from typing import Any

REPORTER = "snakemake.report.html_reporter"
"""The package that writes the page."""

WORD_JOINER = "\N{WORD JOINER}"
"""A character without width, at which no line may break."""


def label(text: str) -> str:
    """A text as a label: to the eye the same, and without anything that is taken for a wildcard.

    >>> label("plain")
    'plain'
    """
    return text.replace("{", "{" + WORD_JOINER)


def dumps(value: Any) -> str:
    """Write JSON that can stand in a script of an HTML page, whatever its texts say.

    >>> dumps("</script>")
    '"\\\\u003c/script\\\\u003e"'
    """
    # Such characters stand in JSON nowhere but in its texts.
    text = json.dumps(value)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def mend_scripts() -> None:
    """Let this process's Snakemake write its report's JSON by `dumps`."""
    for name, module in list(sys.modules.items()):
        if name.startswith(REPORTER) and hasattr(module, "json"):
            module.json = SimpleNamespace(dumps=dumps)  # type: ignore[attr-defined]
