"""The chart of classifiers on the embeddings of one encoder."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from synthgap.figures.charts.style import by_source, colours, save


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
