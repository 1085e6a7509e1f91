"""The page of all measures: a table an encoder, a row a measure, a column a source."""

import html
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from synthgap.figures.pages.template import write_page

Columns = Mapping[str, Mapping[str, str]]
"""What the columns of a summary say of themselves: each has a `description`, and a measure a `name`
for people and the `family` in which it stands."""

OTHERS = "Other measures"
"""Where a measure stands that names no family."""

DIGITS = 3
"""Significant digits of the largest number of a row."""


def write_measures(path: str | Path, variants: pd.DataFrame, columns: Columns) -> None:
    """Write every measure of every source with its interval and its meaning.

    Args:
        path: where to, HTML.
        variants: the summary, a row a source and encoder.
        columns: what its columns say of themselves.
    """
    parts = ["<h1>All measures</h1>"]
    for encoder, rows in variants.groupby("encoder", sort=False):
        parts += [
            f"<h2>{html.escape(str(encoder))}</h2>",
            f"<p class=note>Measured at {rows['n'].min()} images a class; below each number its "
            "95 % interval. Measures of single classes are averaged over the classes; pooled ones "
            "take the images of all classes as one set. – means that a measure does not apply to a "
            "source.</p>",
            _table(rows.set_index("source"), columns),
        ]
    write_page(path, parts)


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


def _table(rows: pd.DataFrame, columns: Columns) -> str:
    """Make the table of one encoder; its index is the source."""
    head = "".join(f"<th>{html.escape(str(source))}</th>" for source in rows.index)
    body = []
    for family, names in families(rows, columns).items():
        body.append(f"<tr><th class=family colspan={len(rows) + 1}>{html.escape(family)}</th></tr>")
        for name in names:
            cells = "".join(f"<td>{cell}</td>" for cell in _cells(rows, name))
            said = columns.get(name, {})
            body.append(
                f"<tr><td class=measure>{html.escape(said.get('name', name))}"
                f"<br><span class=meaning>{html.escape(said.get('description', ''))}</span></td>"
                f"{cells}</tr>"
            )
    return (
        f"<div class=wide><table><thead><tr><th></th>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _cells(rows: pd.DataFrame, name: str) -> list[str]:
    """A measure's number of each source, all with the same decimals."""
    largest = float(np.nanmax(np.abs(rows[name].to_numpy(dtype=float))))
    leading = int(np.floor(np.log10(largest))) if largest > 0 else 0
    decimals = max(0, DIGITS - 1 - leading)
    cells = []
    for value, low, high in zip(rows[name], rows[f"{name}_low"], rows[f"{name}_high"], strict=True):
        if pd.isna(value):
            cells.append("–")
            continue
        number, *ends = (f"{x:.{decimals}f}".replace("-", "−") for x in (value, low, high))
        cells.append(f"{number}<br><span class=interval>[{', '.join(ends)}]</span>")
    return cells
