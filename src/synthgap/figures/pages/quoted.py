"""The page of what is quoted from the paper, what is our reading of it, and what is ours."""

import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from synthgap.figures.pages.template import write_page

ORDER = ("disamb", "disamb2.5", "promptaug")
RATIOS = (1.0, 2.05 / 1.23, 2.49 / 1.23)
"""Centroid distances that the paper gives, as ratios to the first."""

OUR_READING = (
    "Centroid distance is the mean of ‖e − μ‖² over the unit embeddings of a class, averaged over "
    "classes; also given per dimension and as a mean angle.",
    "Centroid accuracy uses Euclidean distance to unnormalised class means.",
    "Centroid shift is the distance between the means of random halves of the two sets, so that "
    "its baseline, two halves of the natural set, has the same n; the distance between the means "
    "of whole sets would be smaller.",
    "PromptAug is the disambiguated prompt inside one of a list of contexts, chosen by the image's "
    "index, at guidance scale 2.5.",
)

OURS = (
    "Every interval and paired difference, equal n, and the split-half baseline of the centroid "
    "shift.",
    "How the accuracy gap is split: a class has a location, a scale and a shape, each natural or "
    "the source's, and the parts are Owen values of 5-NN accuracy, scale and shape being a union.",
    "Linear separability on held-out classes, its margin, and what is left of it without the "
    "modality gap.",
    "Adherence counts ties as right: two classes of the same text are ambiguous, and following "
    "the text is no lack of adherence.",
    "Classifiers on embeddings: which of them stand beside centroid and k-NN, and that their "
    "hyperparameters come from the source's images alone.",
    "The diagnosis: one statistic a cause, judged by exact tests against natural images, at a "
    "false-discovery rate of 5 % over the classes. The four causes are the paper's.",
)


class Row(NamedTuple):
    """What the paper says and what this study found, as HTML."""

    what: str
    quoted: str
    ours: str


def write_quoted(path: str | Path, variants: pd.DataFrame) -> None:
    """Write what the paper says beside what this study found, each marked as what it is.

    Args:
        path: where to, HTML.
        variants: the summary of one encoder, a row a source.
    """
    rows = [*_distances(variants), *_effects(variants), *_separability(variants)]
    body = "".join(
        f"<tr>{''.join(f'<td>{cell}</td>' for cell in (what, quoted, ours))}</tr>"
        for what, quoted, ours in rows
    )
    write_page(
        path,
        [
            "<h1>What is quoted, what is our reading, what is ours</h1>",
            "<p><b>Quoted</b> is from D. Marwood, S. Baluja, Y. Alon: Diversity and Diffusion: "
            "Observations on Synthetic Image Distributions with Stable Diffusion, "
            "arXiv 2311.00056 (2023): Stable Diffusion v1.5, ImageNet-1K, CLIP. "
            "<b>Ours</b> is what this study measured, on its own images and models. Only order and "
            "ratios can be compared: the absolute scale of the quoted distances is unresolved. "
            "Variants are matched by their names.</p>",
            f"<table><tr><th></th><th>quoted</th><th>ours</th></tr>{body}</table>",
            f"<h2>Our reading</h2>{_items(OUR_READING)}<h2>Ours</h2>{_items(OURS)}",
        ],
    )


def _distances(variants: pd.DataFrame) -> list[Row]:
    """Order and ratios of the centroid distances, if the study has all three variants."""
    distance = variants.set_index("source")["centroid_distance"]
    if not set(ORDER) <= set(distance.index):
        return []
    values = [float(distance[source]) for source in ORDER]
    ordered = "does" if values == sorted(values) else "does not"
    found = " &lt; ".join(
        f"{source} ({value:.3g})" for value, source in sorted(zip(values, ORDER, strict=True))
    )
    return [
        Row(
            "Order of centroid distances",
            "disamb (1.23e-5) &lt; disamb 2.5 (2.05e-5) &lt; promptaug (2.49e-5)",
            f"{found}: this study {ordered} show the quoted order",
        ),
        Row(
            "Ratios of centroid distances",
            " : ".join(f"{ratio:.3f}" for ratio in RATIOS),
            " : ".join(f"{value / values[0]:.3f}" for value in values),
        ),
    ]


def _effects(variants: pd.DataFrame) -> list[Row]:
    """What diversity and shift cost each variant, if that was measured."""
    parts = ["gap_from_diversity", "gap_from_shift", "diversity_minus_shift"]
    if not set(parts) <= set(variants):
        return []
    measured = variants.dropna(subset=parts).to_dict("records")
    if not measured:
        return []
    found = "<br>".join(
        _effect({str(name): cell for name, cell in row.items()}) for row in measured
    )
    return [
        Row(
            "What costs accuracy",
            "“diversity has a larger impact on accuracy than centroid-shift”",
            f"5-NN accuracy lost, of 1:<br>{found}",
        )
    ]


def _effect(row: Mapping[str, Any]) -> str:
    """One variant's parts, and which of them is larger, if their paired difference says so."""
    diversity, shift, between = (
        tuple(float(row[f"{name}{end}"]) for end in ("", "_low", "_high"))
        for name in ("gap_from_diversity", "gap_from_shift", "diversity_minus_shift")
    )
    _, low, high = between
    if low > 0:
        verdict = "diversity costs more"
    elif high < 0:
        verdict = "shift costs more"
    else:
        verdict = "undecided which costs more"
    of_diversity, of_shift, of_both = (
        f"{value:.3f} [{low:.3f}, {high:.3f}]".replace("-", "−")
        for value, low, high in (diversity, shift, between)
    )
    return (
        f"{html.escape(str(row['source']))}: diversity {of_diversity}, shift {of_shift}, "
        f"difference {of_both}: {verdict}"
    )


def _separability(variants: pd.DataFrame) -> list[Row]:
    """Separability of prompts and images, if there are embeddings of prompts."""
    separable = variants["linear_separability"].dropna()
    if not len(separable):
        return []
    return [
        Row(
            "Prompts and images in the encoder's space",
            "“are linearly separable — an intuitively surprising finding”",
            f"balanced accuracy on held-out classes {separable.min():.3f} to "
            f"{separable.max():.3f} over the variants",
        )
    ]


def _items(texts: tuple[str, ...]) -> str:
    return f"<ul>{''.join(f'<li>{html.escape(text, quote=False)}</li>' for text in texts)}</ul>"
