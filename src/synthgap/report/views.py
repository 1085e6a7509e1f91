"""Which images of a class the report shows, and in which order: the views of a class."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

IMAGES = 16
"""Images in a view."""

FEW = 4
"""Images of a class that is shown in short."""

MOST_FULL = 100
"""Classes of a large study that are shown in full, but for those that the study names."""

ALL_FULL = 200
"""Classes that a study may have to be shown in full."""


class Views(NamedTuple):
    """The images of a class and source that the report holds, and the views that show them."""

    rows: list[int]
    """Rows of the tables, in order; the other members are places in this list."""
    views: dict[str, list[int]]
    """By name: `drawn` (the first), `typical` (nearest to the source's mean), `far` (farthest from
    the natural mean), `taken` (by another class, the farthest first)."""


def views_of(places: pd.DataFrame, mapped: Sequence[int], *, full: bool) -> Views:
    """Choose the images of a class and source that are shown.

    Args:
        places: the class's rows of `positions`, in the order of its image table.
        mapped: rows that the map shows, which all have a picture.
        full: whether all views are wanted, or a few images alone.
    """
    table = places.reset_index(drop=True)
    if full:
        far = table["to_natural"].sort_values(ascending=False, kind="stable")
        chosen = {
            "drawn": list(range(min(IMAGES, len(table)))),
            "typical": list(table["to_own"].sort_values(kind="stable").index[:IMAGES]),
            "far": list(far.index[:IMAGES]),
            "taken": [row for row in far.index if table["taken"][row]][:IMAGES],
        }
    else:
        chosen = {"drawn": list(range(min(FEW, len(table))))}
    rows = sorted({int(row) for each in (*chosen.values(), mapped) for row in each})
    at = {row: place for place, row in enumerate(rows)}
    return Views(rows, {name: [at[int(row)] for row in each] for name, each in chosen.items()})


def shown_in_full(
    class_ids: Sequence[str], worst: Sequence[str], named: Sequence[str]
) -> frozenset[str]:
    """Which classes are shown in full: all of a small study, else the worst and the named.

    Args:
        class_ids: the classes of the study.
        worst: the same, the worst first.
        named: those that the study names.
    """
    if len(class_ids) <= ALL_FULL:
        return frozenset(class_ids)
    return frozenset((*worst[:MOST_FULL], *named))


def confusions(places: pd.DataFrame, most: int = 5) -> list[tuple[str, int]]:
    """The classes that take most of a class's images, and how many each takes.

    Args:
        places: the class's rows of `positions`.
        most: classes, at most.
    """
    counts: Mapping[str, int] = (
        places.loc[places["taken"], "nearest_class"].value_counts().to_dict()
    )
    # Categories count as well where no image has them.
    found = [(str(name), count) for name, count in counts.items() if count]
    ordered = sorted(found, key=lambda item: (-item[1], item[0]))
    return ordered[:most]
