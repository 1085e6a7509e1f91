"""The page of what to try next: each change once, with the classes that it is proposed for."""

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import pandas as pd
from markupsafe import Markup

from synthgap.numbers import counted, in_row
from synthgap.report.rendering import rendered
from synthgap.summary.causes import NAMES
from synthgap.summary.standing import BY_HAND, SHOWN, UNTESTED

SHOWN_CHANGES = 40
"""Changes of each status on the page; the table holds all of them."""

NAMED = 8
"""Classes that are named of a change before the others are counted."""

ORDER = (SHOWN, UNTESTED, BY_HAND)


class Change(NamedTuple):
    """A change of a variant that is proposed for some of its classes."""

    number: int
    """By which its texts are copied."""
    variant: str
    defect: str
    classes: str
    """In words."""
    text: str
    status: str
    first: str
    """The class that the prompt, the numbers and the command are of."""
    value: str
    there: str
    """The value in the variant that shows it; may be empty."""
    prompt: str
    fragment: str
    command: str


def proposals_section(proposals: pd.DataFrame) -> Markup:
    """Write what is to be tried first of each class and defect, change by change.

    Args:
        proposals: `summary/proposals`, with a row at least.
    """
    first = proposals[proposals["place"] == 1]
    keys = ["source", "cause", "status", "proposal"]
    groups = [rows for _, rows in first.groupby(keys, sort=False)]
    # What is for most classes comes first, else as the table has them.
    groups.sort(key=len, reverse=True)
    shown = [
        rows
        for status in ORDER
        for rows in [each for each in groups if each["status"].iloc[0] == status][:SHOWN_CHANGES]
    ]
    classes = first[["source", "class_id"]].drop_duplicates()
    return rendered(
        "proposals",
        changes=[_change(number, rows) for number, rows in enumerate(shown)],
        all=len(groups),
        more=len(proposals) - len(first),
        classes=counted(len(classes), "class of a variant", "classes of variants"),
    )


def _change(number: int, rows: pd.DataFrame) -> Change:
    row: Mapping[Hashable, Any] = rows.to_dict("records")[0]
    named = [f"{each['class_id']} {each['name']}" for each in rows.head(NAMED).to_dict("records")]
    more = f" and {len(rows) - NAMED:,} more" if len(rows) > NAMED else ""
    return Change(
        number,
        row["source"],
        NAMES[row["cause"]],
        f"{counted(len(rows), 'class', 'classes')}: {', '.join(named)}{more}",
        row["proposal"],
        row["status"],
        row["class_id"],
        f"{in_row(row, 'value')}, natural images {in_row({'value': row['natural']}, 'value')}",
        str(in_row(row, "variant_value")) if row["status"] == SHOWN else "",
        *("" if pd.isna(row[key]) else row[key] for key in ("prompt", "fragment", "command")),
    )
