"""Markdown of what others wrote: names and prompts stay text, whatever characters they hold."""

import re
from collections.abc import Iterable, Sequence

SIGNS = re.compile(r"[\\`*_<>#|&~]|^[-+](?=\s)|\[(?![−+\d])|\](?=[(:\[])")
"""What may be markup inside a line; intervals such as [0.1, 0.2] are none."""


def plain(text: str) -> str:
    r"""Write a text in one line, in which nothing is markup.

    >>> print(plain("a <b>\n*c*"))
    a \<b\> \*c\*
    """
    return SIGNS.sub(r"\\\g<0>", " ".join(text.split()))


def quoted(text: str) -> str:
    """Write a text in one line as code, which is shown as it is.

    >>> print(quoted("loop"), quoted("a `b`"))
    `loop` `` a `b` ``
    """
    line = " ".join(text.split())
    longest = max(map(len, re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    room = " " if longest else ""
    return f"{fence}{room}{line}{room}{fence}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""Lay out rows of text; nothing in a cell is markup.

    >>> print(table(["source", "images"], [["a|b", "5"]]))
    | source | images |
    |---|---|
    | a\|b | 5 |
    """
    lines = ["|".join(["", *(["---"] * len(header)), ""])]
    cells = [f"| {' | '.join(map(plain, row))} |" for row in (header, *rows)]
    return "\n".join([cells[0], *lines, *cells[1:]])
