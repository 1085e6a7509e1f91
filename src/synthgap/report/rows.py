"""Tables whose cells a page shows as they are."""

from typing import NamedTuple

import pandas as pd


class Plain(NamedTuple):
    """A table of texts."""

    columns: list[str]
    rows: list[list[str]]


def plain(table: pd.DataFrame) -> Plain:
    """Take the cells of a table as texts.

    >>> plain(pd.DataFrame({"class_id": ["crane"], "images": [2]}))
    Plain(columns=['class_id', 'images'], rows=[['crane', '2']])
    """
    return Plain(
        list(map(str, table)),
        [[str(cell) for cell in row] for row in table.itertuples(index=False, name=None)],
    )
