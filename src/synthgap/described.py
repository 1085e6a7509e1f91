"""Tables for people: each column's metadata says what the column means.

Made in one way, of `{column: (type, text)}`. A measure's columns also carry its name for people and
the family in which it stands on the page of all measures, so that what draws a table needs nothing
but the table.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from synthgap.tables import read

if TYPE_CHECKING:
    import pandas as pd

DESCRIPTION, NAME, FAMILY = "description", "name", "family"
"""Keys of a column's metadata; only measures have the last two."""


class Described(NamedTuple):
    """A column, where a type and a text do not say all."""

    kind: pa.DataType
    text: str
    """What the column means."""
    name: str | None = None
    """A measure's name for people."""
    family: str | None = None
    """Where a measure stands on the page of all measures."""


Columns = Mapping[str, tuple[pa.DataType, str] | Described]
"""Of each column its type and what it means, in the order of the table."""


def schema_of(columns: Columns) -> pa.Schema:
    """Make a schema whose fields say what they mean."""
    fields = []
    for column, given in columns.items():
        described = Described(*given)
        said = {DESCRIPTION: described.text, NAME: described.name, FAMILY: described.family}
        metadata = {key: text for key, text in said.items() if text is not None}
        fields.append(pa.field(column, described.kind, metadata=metadata))
    return pa.schema(fields)


def described_table(rows: Iterable[Mapping[str, Any]], columns: Columns) -> pa.Table:
    """Make a table of these columns, with empty cells where a row has no value.

    What else a row holds is left out.
    """
    return pa.Table.from_pylist(list(rows), schema=schema_of(columns))


def with_interval(
    column: str, text: str, *, name: str | None = None, family: str | None = None, note: str = ""
) -> dict[str, Described]:
    """The columns of a number and of the ends of its interval.

    Args:
        column: the number's.
        text: what it means.
        name: for people, of a measure.
        family: of a measure.
        note: what is to be said about the interval.

    >>> with_interval("top1", "share of images put right")["top1_low"].text
    'lower end of the 95 % interval of top1'
    """
    ends = {
        f"{column}_{end}": Described(
            pa.float64(), f"{text_of_end} end of the 95 % interval of {column}{note}"
        )
        for end, text_of_end in (("low", "lower"), ("high", "upper"))
    }
    return {column: Described(pa.float64(), text, name, family), **ends}


def metadata_of_columns(table: str | Path) -> dict[str, dict[str, str]]:
    """Read back what the columns of a table say of themselves."""
    return {
        field.name: {key.decode(): text.decode() for key, text in (field.metadata or {}).items()}
        for field in read(table).schema
    }


def frame(table: str | Path) -> "pd.DataFrame":
    """Read a table for people and figures."""
    data: "pd.DataFrame" = read(table).to_pandas()
    return data
