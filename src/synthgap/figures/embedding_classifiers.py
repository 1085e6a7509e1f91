"""Classifiers on embeddings: a chart of an encoder, and a page of all."""

import html
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from synthgap.figures.charts.style import by_source, colours, save
from synthgap.figures.pages.template import write_page


def draw_embedding_classifiers(path: str | Path, accuracies: pd.DataFrame) -> None:
    """Draw the accuracy of each classifier trained on each source, with its interval.

    Args:
        path: where to, PNG.
        accuracies: summary of one encoder, a row a source and classifier.
    """
    sources = list(dict.fromkeys(accuracies["source"]))
    names = list(dict.fromkeys(accuracies["name"]))
    palette = colours(sources)
    lines = 0.2 + 0.08 * len(sources)
    figure = Figure(figsize=(8, 1.4 + lines * len(names)), layout="constrained")
    axes = figure.subplots()
    steps = np.linspace(-0.3, 0.3, len(sources)) if len(sources) > 1 else [0.0]
    for source, step in zip(sources, steps, strict=True):
        rows = accuracies[accuracies["source"] == source].set_index("name").loc[names]
        value = rows["accuracy"]
        ends = np.stack([value - rows["accuracy_low"], rows["accuracy_high"] - value]).clip(0)
        places = np.arange(len(names)) + step
        axes.errorbar(
            value,
            places,
            xerr=ends,
            fmt="o",
            markersize=4,
            capsize=2,
            linewidth=1,
            color=palette[source],
            label=source,
        )
    by_source(axes, names)
    for border in range(1, len(names)):
        axes.axhline(border - 0.5, color="#e6e6e6", linewidth=0.8)
    axes.set_xlabel("share of natural-val images put right, mean over classes")
    axes.set_title(f"Classifiers on embeddings, {accuracies['n'].min()} images a class")
    figure.legend(loc="outside lower center", ncols=min(len(sources), 6))
    save(figure, path)


def write_embedding_classifiers(path: str | Path, accuracies: pd.DataFrame) -> None:
    """Write the accuracies as a page, a table an encoder, and what differs from 5-NN.

    Args:
        path: where to, HTML.
        accuracies: the summary, a row an encoder, source and classifier.
    """
    parts = ["<h1>Classifiers on embeddings</h1>"]
    for encoder, rows in accuracies.groupby("encoder", sort=False):
        parts += [
            f"<h2>{html.escape(str(encoder))}</h2>",
            _table(rows),
            f"<p class=note>Trained on {rows['n'].min()} images a class of the column's source. "
            "Shares of natural-val images put right, each class weighing the same; in brackets "
            "95 % intervals over natural-val images; the source's images are taken as given.</p>",
            *(f"<p>{html.escape(text)}</p>" for text in differences(rows)),
        ]
    write_page(path, parts)


def differences(accuracies: pd.DataFrame) -> list[str]:
    """Say what differs from 5-NN beyond the 95 % interval of the paired difference.

    Args:
        accuracies: summary of one encoder, a row a source and classifier.

    Returns:
        A sentence on all comparisons, then one on each source where something differs.
    """
    compared = accuracies.dropna(subset="minus_knn")
    better, worse = (
        compared[compared["minus_knn_low"] > 0],
        compared[compared["minus_knn_high"] < 0],
    )
    said = [
        f"{len(better) + len(worse)} of {len(compared)} comparisons with 5-NN on the same source "
        f"differ beyond their 95 % interval: {len(better)} for the better, {len(worse)} for the "
        f"worse. If nothing differed, about {0.05 * len(compared):.0f} would by chance."
    ]
    for source, rows in compared.groupby("source", sort=False):
        found = [
            f"{what}: {', '.join(_difference(row) for _, row in some.iterrows())}"
            for what, some in (
                ("better", rows.loc[rows.index.intersection(better.index)]),
                ("worse", rows.loc[rows.index.intersection(worse.index)]),
            )
            if len(some)
        ]
        if found:
            said.append(f"{source}: {'; '.join(found)}.".replace(": ", ", ", 1))
    return said


def _difference(row: "pd.Series[float]") -> str:
    value, low, high = (row[f"minus_knn{end}"] for end in ("", "_low", "_high"))
    text = f"{row['name']} {value:+.3f} [{low:+.3f}, {high:+.3f}]"
    return text.replace(" -", " −").replace("[-", "[−")


def _table(rows: pd.DataFrame) -> str:
    cells = rows.assign(
        cell=[
            f"{value:.3f}<br><span class=interval>[{low:.3f}, {high:.3f}]</span>"
            for value, low, high in zip(
                rows["accuracy"], rows["accuracy_low"], rows["accuracy_high"], strict=True
            )
        ]
    ).pivot_table(index="name", columns="source", values="cell", aggfunc="first", sort=False)
    table = cells.rename_axis(index=None, columns=None).rename(html.escape)
    table = table.rename(columns=html.escape).rename_axis("classifier").reset_index()
    return str(table.to_html(index=False, escape=False, border=0))
