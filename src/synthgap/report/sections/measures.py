"""The page of all measures: a table an encoder, a row a measure, a column a source."""

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd
from markupsafe import Markup

from synthgap.numbers import Written, decimals_for, in_row
from synthgap.report.rendering import rendered

Columns = Mapping[str, Mapping[str, str]]
"""What the columns of a summary say of themselves: each has a `description`, and a measure a `name`
for people and the `family` in which it stands."""

OTHERS = "Other measures"
"""Where a measure stands that names no family."""


class Measure(NamedTuple):
    """A row of the table."""

    name: str
    meaning: str
    cells: list[Written]
    """One a source, all with the same decimals."""


class Family(NamedTuple):
    """Measures that stand together."""

    name: str
    measures: list[Measure]


class Encoder(NamedTuple):
    """What the page shows of an encoder."""

    name: str
    n: int
    sources: list[str]
    families: list[Family]


def measures_section(variants: pd.DataFrame, columns: Columns) -> Markup:
    """Write every measure of every source with its interval and its meaning.

    Args:
        variants: the summary, a row a source and encoder.
        columns: what its columns say of themselves.
    """
    encoders = [
        Encoder(
            str(name),
            rows["n"].min(),
            list(rows["source"]),
            [
                Family(family, [_measure(rows, measure, columns) for measure in measures])
                for family, measures in families(rows, columns).items()
            ],
        )
        for name, rows in variants.groupby("encoder", sort=False)
    ]
    return rendered("measures", encoders=encoders)


def families(variants: pd.DataFrame, columns: Columns) -> dict[str, list[str]]:
    """The measures that a summary has numbers for, by family, both in the order of its columns.

    A measure is a column with an interval. Those that name no family stand last.
    """
    # Of all columns, so that a family keeps its place where its first measures have no numbers.
    named = dict.fromkeys(said["family"] for said in columns.values() if "family" in said)
    grouped: dict[str, list[str]] = {family: [] for family in (*named, OTHERS)}
    for name in map(str, variants):
        if (
            f"{name}_low" in variants
            and f"{name}_high" in variants
            and variants[name].notna().any()
        ):
            grouped[columns.get(name, {}).get("family", OTHERS)].append(name)
    return {family: names for family, names in grouped.items() if names}


def _measure(variants: pd.DataFrame, column: str, columns: Columns) -> Measure:
    decimals = decimals_for(variants[column])
    cells = [in_row(row, column, decimals) for row in variants.to_dict("records")]
    said = columns.get(column, {})
    return Measure(said.get("name", column), said.get("description", ""), cells)
