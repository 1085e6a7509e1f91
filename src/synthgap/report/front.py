"""The front text of Snakemake's own report: verdict and headline, as reStructuredText."""

import re
from collections.abc import Sequence

from synthgap.numbers import Written

BEHIND = (
    "Everything else is under **Answer**: the report of this study, a page of its own. Charts are "
    "under **Variants**, images under **Classes**. Numbers have 95 % intervals. What is quoted "
    "from the paper that the method comes from (Marwood, Baluja, Alon, `arXiv 2311.00056 "
    "<https://arxiv.org/abs/2311.00056>`_) is marked so; all else was measured by this study."
)


LEFT_OUT = frozenset({"images", "centroid shift", "centroid accuracy"})
"""Columns of the headline for which Snakemake's page has no room; the report shows them all."""


def front(study: str, sentences: Sequence[str], headline: dict[str, list[Written]]) -> str:
    """Write the text. Snakemake fills it as a Jinja template, so braces of names are no Jinja's.

    Args:
        study: its name.
        sentences: the verdict.
        headline: of each column's name its cells.
    """
    narrow = {name: cells for name, cells in headline.items() if name not in LEFT_OUT}
    rows = [list(narrow), *(map(str, row) for row in zip(*narrow.values(), strict=True))]
    table = [
        ".. list-table::\n   :header-rows: 1\n",
        *(
            "\n".join(
                f"   {'*' if place == 0 else ' '} - {plain(cell)}" for place, cell in enumerate(row)
            )
            for row in rows
        ),
    ]
    said = "\n".join(f"- {plain(sentence)}" for sentence in sentences)
    return f"**{plain(study)}**\n\n{said}\n\n" + "\n".join(table) + f"\n\n{BEHIND}\n"


def plain(text: str) -> str:
    r"""A text that neither reStructuredText nor Jinja takes for markup.

    >>> print(plain("a*b {{7*7}}"))
    a\*b {{ '{' }}{{ '{' }}7\*7\}\}
    """
    one_line = " ".join(text.split())
    # All that is no letter or digit: bullets of lists lie beyond ASCII, too.
    return re.sub(r"([^\w\s{]|_)", r"\\\1", one_line).replace("{", "{{ '{' }}")
