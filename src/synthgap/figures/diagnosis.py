"""The diagnosis as a page and as a chart: which classes suffer from which cause."""

import html
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from synthgap.figures.charts.style import by_source, colours, save
from synthgap.figures.pages.template import write_page

SHOWN = 1000
"""Rows on the page; the tables hold all of them."""

MEANINGS = {
    "ambiguity": "share of images that another class takes",
    "adherence": "share of images that fit their own prompt best",
    "diversity": "centroid distance as a ratio to natural",
    "concept": "shift of the class mean",
}


def write_diagnosis(path: str | Path, diagnosis: pd.DataFrame) -> None:
    """Write how many classes suffer from each cause, and then each class that suffers from any.

    Args:
        path: where to, HTML.
        diagnosis: `summary/diagnosis`, a row an encoder, variant, class and cause.
    """
    parts = [
        "<h1>Diagnosis</h1>",
        "<p>A class suffers from a cause if its images differ from natural ones further than "
        "random partings of both do, at a false-discovery rate of 5 % over the classes. With many "
        "images a small difference is enough: the numbers say how large it is. Mend ambiguity "
        "first: images of two things have a wide spread and a shifted mean whatever else they "
        "are.</p>",
    ]
    for encoder, rows in diagnosis.groupby("encoder", sort=False):
        parts += [f"<h2>{html.escape(str(encoder))}</h2>", _counts(rows), *_classes(rows)]
    write_page(path, parts)


def _counts(rows: pd.DataFrame) -> str:
    """Classes that suffer from each cause, by variant."""
    causes = list(dict.fromkeys(rows["cause"]))
    cells = {
        (source, cause): _count(group["suffers"])
        for (source, cause), group in rows.groupby(["source", "cause"], sort=False)
    }
    lines = [
        [source, *(cells[source, cause] for cause in causes)]
        for source in dict.fromkeys(rows["source"])
    ]
    header = ["variant", *(f"{cause}: {MEANINGS[cause]}" for cause in causes)]
    table = pd.DataFrame(lines, columns=header)
    return f"<p>Classes that suffer, of all:</p>{table.to_html(index=False, border=0)}"


def _count(suffers: pd.Series) -> str:
    known = suffers.dropna()
    return f"{int(known.sum())} of {len(known)}" if len(known) else "not measured"


def _classes(rows: pd.DataFrame) -> list[str]:
    """Each class of each variant that suffers from anything: its numbers and what to try first."""
    causes = list(dict.fromkeys(rows["cause"]))
    lines = []
    for (source, class_id), group in rows.groupby(["source", "class_id"], sort=False):
        # A cause that was not measured is no verdict.
        found = group[group["suffers"].fillna(False).astype(bool)]
        if found.empty:
            continue
        first = found.iloc[0]
        by_cause = {row["cause"]: row for row in group.to_dict("records")}
        lines.append(
            [
                html.escape(str(source)),
                html.escape(f"{class_id} {first['name']}"),
                *(_cell(by_cause[cause]) for cause in causes),
                html.escape(f"{first['cause']}: {first['reason']}"),
                html.escape(first["advice"]),
            ]
        )
    if not lines:
        return ["<p>No class suffers from any cause.</p>"]
    more = (
        ""
        if len(lines) <= SHOWN
        else f" The first {SHOWN} of {len(lines)} are shown; all: summary/diagnosis.csv."
    )
    table = pd.DataFrame(
        lines[:SHOWN], columns=["variant", "class", *causes, "what to mend first, and why", "try"]
    )
    return [
        "<p class=note>In bold what a class suffers from; in brackets the same number of natural "
        f"images.{more}</p>",
        table.to_html(index=False, border=0, escape=False),
    ]


def _cell(row: Mapping[Hashable, Any]) -> str:
    if pd.isna(row["value"]):
        return "–"
    numbers = f"{row['value']:.2f} ({row['natural']:.2f})"
    return f"<b>{numbers}</b>" if row["suffers"] else f"<span class=interval>{numbers}</span>"


def draw_causes(path: str | Path, diagnosis: pd.DataFrame) -> None:
    """Draw the share of classes that suffer from each cause, a panel a cause and a bar a variant.

    Args:
        path: where to, PNG.
        diagnosis: `summary/diagnosis` of one encoder.
    """
    causes = list(dict.fromkeys(diagnosis["cause"]))
    sources = list(dict.fromkeys(diagnosis["source"]))
    palette = colours(sources)
    figure = Figure(figsize=(10, 1.4 + 0.4 * len(sources)), layout="constrained")
    panels = figure.subplots(1, len(causes), sharey=True, sharex=True)
    for axes, cause in zip(panels, causes, strict=True):
        for place, source in enumerate(sources):
            of_cause = (diagnosis["cause"] == cause) & (diagnosis["source"] == source)
            known = diagnosis.loc[of_cause, "suffers"].dropna()
            if known.empty:
                axes.text(0.02, place, "not measured", va="center", color="#767676", fontsize=8)
                continue
            share = known.astype(bool).mean()
            axes.barh(place, share, color=palette[source], height=0.6)
            inside = share > 0.7
            axes.text(
                share - 0.02 if inside else share + 0.02,
                place,
                f"{int(known.sum())} of {len(known)}",
                va="center",
                ha="right" if inside else "left",
                color="white" if inside else "black",
                fontsize=8,
            )
        axes.grid(axis="y", visible=False)
        axes.set_xticks([0, 0.5, 1])
        axes.set_title(cause)
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    by_source(panels[0], sources)
    figure.supxlabel("share of classes that suffer, at a false-discovery rate of 5 %", fontsize=10)
    save(figure, path)
