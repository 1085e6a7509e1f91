"""How numbers are written for people, on every page and in the terminal.

Shares and distances have three decimals, which is finer than the interval of any study; where
measures of any size stand in one table, `decimals_for` finds as many as three digits need.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

DECIMALS = 3
"""Of a share or distance."""

DIGITS = 3
"""Significant digits of the largest number of a row of measures."""

MINUS = "\N{MINUS SIGN}"

NOTHING = "\N{EN DASH}"
"""Stands where there is no number."""


class Written(NamedTuple):
    """A number, or a text, and the interval that belongs to it.

    >>> str(Written("0.304", "[0.284, 0.325]")), str(Written("disamb"))
    ('0.304 [0.284, 0.325]', 'disamb')
    """

    value: str
    interval: str = ""

    def __str__(self) -> str:
        """As one line."""
        return f"{self.value} {self.interval}" if self.interval else self.value


def number(value: float | None, decimals: int = DECIMALS, *, signed: bool = False) -> str:
    """Write one number; nothing is a dash, and zero has no minus.

    >>> number(-0.0462), number(0.02, signed=True), number(-0.0001), number(None)
    ('−0.046', '+0.020', '0.000', '–')
    """
    if value is None or math.isnan(value):
        return NOTHING
    sign = "+" if signed else "-"
    return f"{value:{sign}z.{decimals}f}".replace("-", MINUS)


def with_interval(
    value: float | None,
    low: float | None,
    high: float | None,
    decimals: int = DECIMALS,
    *,
    signed: bool = False,
) -> Written:
    """Write a number and the ends of its interval, if it has one, all with the same decimals.

    >>> str(with_interval(0.2, -0.1, 0.5)), str(with_interval(0.2, None, None))
    ('0.200 [−0.100, 0.500]', '0.200')
    """
    text, *ends = (number(each, decimals, signed=signed) for each in (value, low, high))
    return Written(text) if NOTHING in (text, *ends) else Written(text, f"[{', '.join(ends)}]")


def in_row(
    row: Mapping[Any, Any], column: str, decimals: int = DECIMALS, *, signed: bool = False
) -> Written:
    """Write a column of a summary, beside which the ends of its interval stand.

    >>> str(in_row({"shift": 0.2, "shift_low": -0.1, "shift_high": 0.5}, "shift", signed=True))
    '+0.200 [−0.100, +0.500]'

    Args:
        row: of a table, with `{column}_low` and `{column}_high`.
        column: whose number is wanted.
        decimals: of the number and its ends.
        signed: whether positive ones have a sign, as differences do.
    """
    value, low, high = (row.get(f"{column}{end}") for end in ("", "_low", "_high"))
    return with_interval(value, low, high, decimals, signed=signed)


def decimals_for(values: Iterable[float], digits: int = DIGITS) -> int:
    """Decimals with which the largest of some numbers has as many significant digits.

    >>> decimals_for([0.0123, 12.3]), decimals_for([0.0123]), decimals_for([1234.0, math.nan])
    (1, 4, 0)
    """
    largest = max((abs(value) for value in values if not math.isnan(value)), default=0)
    leading = math.floor(math.log10(largest)) if largest > 0 else 0
    return max(0, digits - 1 - leading)


def counted(number: int, one: str, several: str | None = None) -> str:
    """Write how many there are of something.

    >>> counted(1, "class", "classes"), counted(0, "variant")
    ('1 class', '0 variants')
    """
    return f"{number} {one if number == 1 else several or one + 's'}"


def in_columns(rows: Sequence[Sequence[str]]) -> str:
    """Lay out rows of text, the first of which is the header, for a terminal.

    >>> print(in_columns([["source", "images"], ["made", "5"]]))
    source  images
    made    5
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(lines)
