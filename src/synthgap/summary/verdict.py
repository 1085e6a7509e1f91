"""The verdict on each variant, in a few sentences that the intervals of the summaries decide."""

from typing import NamedTuple

import pandas as pd

from synthgap.numbers import with_interval

BASELINE = "natural-train"
"""What variants are compared with."""


class Measure(NamedTuple):
    """A measure of the verdict, and what its difference from natural images means."""

    column: str
    title: str
    higher: str
    """What a variant is whose measure is decidedly higher; `{}` stands for by how much."""
    lower: str
    undecided: str
    """What is left open where the interval holds zero."""


MEASURES = (
    Measure(
        "centroid_distance",
        "centroid distance",
        "is {} more diverse than natural images",
        "is {} less diverse than natural images",
        "whether it is less diverse than natural images",
    ),
    Measure(
        "centroid_shift",
        "centroid shift",
        "lies {} further from natural images than these from each other",
        "lies {} closer to natural images than these to each other",
        "whether it lies elsewhere than natural images",
    ),
    Measure(
        "knn_accuracy",
        "5-NN accuracy",
        "puts {} more of natural-val right than natural images do",
        "puts {} less of natural-val right than natural images do",
        "whether it puts fewer images of natural-val right than natural images do",
    ),
)
"""Diversity, concept and what both cost, in the order of the sentences."""

TRAINED = Measure(
    "top1",
    "classifier top-1",
    "trains a classifier that is {} better than natural images do",
    "trains a classifier that is {} worse than natural images do",
    "whether it trains a worse classifier than natural images do",
)
"""Where classifiers were trained."""

CAUSES = {
    "ambiguity": "are taken by another class",
    "adherence": "do not show what the prompt says",
    "diversity": "are too much alike",
    "concept": "lie elsewhere than the natural ones",
}
"""What the images of a class that suffers from a cause do."""


def verdict(
    variants: pd.DataFrame, differences: pd.DataFrame, causes: pd.DataFrame, encoder: str
) -> list[str]:
    """Say of each variant how it differs from natural images, as far as an interval decides it.

    A difference is decided where its paired 95 % interval does not hold zero. What was not measured
    is left out.

    Args:
        variants: `summary/variants`, a row a source and encoder.
        differences: `summary/differences`, a row a measure and pair of sources.
        causes: `summary/causes`, a row an encoder, variant and cause.
        encoder: whose space is spoken of.

    Returns:
        A paragraph a variant, in the order of the study.
    """
    of_encoder = variants[variants["encoder"] == encoder]
    sources = [name for name in of_encoder["source"] if not name.startswith("natural-")]
    against = differences[
        (differences["source"] == BASELINE)
        & ((differences["encoder"] == encoder) | differences["encoder"].isna())
    ]
    if "classifier" in of_encoder:
        trained = of_encoder["classifier"].iloc[0]
        against = against[against["encoder"].notna() | (against["classifier"] == trained)]
    judged = causes[causes["encoder"] == encoder]
    return [
        " ".join(
            [
                *_compared(source, against[against["other"] == source]),
                *_counted(judged[judged["source"] == source]),
            ]
        )
        or f"{source}: nothing could be measured."
        for source in sources
    ]


def _compared(source: str, differences: pd.DataFrame) -> list[str]:
    decided, undecided = [], []
    rows = differences.set_index("measure").to_dict("index")
    for measure in (*MEASURES, TRAINED):
        row = rows.get(measure.column)
        if row is None or pd.isna(row["difference"]):
            continue
        value, low, high = (row[f"difference{end}"] for end in ("", "_low", "_high"))
        if value == low == high == 0:
            # Every image is put right, as where there is but one class.
            continue
        if low > 0:
            text = measure.higher.format(with_interval(value, low, high))
        elif high < 0:
            text = measure.lower.format(with_interval(-value, -high, -low))
        else:
            # Without an interval, nothing is decided either.
            shown = with_interval(value, low, high, signed=True)
            undecided.append(f"{measure.undecided} ({measure.title} {shown})")
            continue
        decided.append(f"{text} ({measure.title})")
    sentences = [f"{source} {_and(decided)}."] if decided else []
    if undecided:
        beginning = "Not decided" if decided else f"{source}: not decided"
        sentences.append(f"{beginning}: {'; '.join(undecided)}.")
    return sentences


def _counted(causes: pd.DataFrame) -> list[str]:
    parts = []
    for row in causes.to_dict("records"):
        if row["cause"] in CAUSES and row["classes"] and row["suffer"]:
            classes = f"in {row['suffer']} of {row['classes']} classes"
            parts.append(f"{classes} images {CAUSES[row['cause']]}")
    measured = [row for row in causes.to_dict("records") if row["classes"]]
    if parts:
        return [f"Class by class: {_and(parts)}."]
    if measured:
        return [f"No class was found to suffer from {_or([row['cause'] for row in measured])}."]
    return []


def _and(parts: list[str]) -> str:
    return _joined(parts, "and")


def _or(parts: list[str]) -> str:
    return _joined(parts, "or")


def _joined(parts: list[str], word: str) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {word} {parts[-1]}"
