"""The page of classifiers on embeddings: a table an encoder, and what differs from 5-NN."""

from typing import NamedTuple

import pandas as pd
from markupsafe import Markup

from synthgap.numbers import Written, in_row
from synthgap.report.rendering import rendered


class Classifier(NamedTuple):
    """A row of the table."""

    name: str
    cells: list[Written]
    """Its accuracy on each source."""


class Encoder(NamedTuple):
    """What the page shows of an encoder."""

    name: str
    n: int
    sources: list[str]
    classifiers: list[Classifier]
    differences: list[str]


def embedding_classifiers_section(accuracies: pd.DataFrame) -> Markup:
    """Write the accuracies of all encoders, and what differs from 5-NN.

    Args:
        accuracies: `summary/embedding_classifiers`, a row an encoder, source and classifier.
    """
    encoders = [
        _encoder(str(name), rows) for name, rows in accuracies.groupby("encoder", sort=False)
    ]
    return rendered("embedding_classifiers", encoders=encoders)


def _encoder(name: str, accuracies: pd.DataFrame) -> Encoder:
    cells = {
        (row["name"], row["source"]): in_row(row, "accuracy")
        for row in accuracies.to_dict("records")
    }
    sources = list(dict.fromkeys(accuracies["source"]))
    return Encoder(
        name,
        accuracies["n"].min(),
        sources,
        [
            Classifier(classifier, [cells[classifier, source] for source in sources])
            for classifier in dict.fromkeys(accuracies["name"])
        ],
        differences(accuracies),
    )


def differences(accuracies: pd.DataFrame) -> list[str]:
    """Say what differs from 5-NN beyond the 95 % interval of the paired difference.

    Args:
        accuracies: summary of one encoder, a row a source and classifier.

    Returns:
        A sentence on all comparisons, then one on each source where something differs.
    """
    compared = accuracies.dropna(subset="minus_knn")
    if compared.empty:
        return [
            "Nothing is compared with 5-NN: a class has too few images to win a vote of five. "
            "Three images a class would do, of a single class five."
        ]
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
            f"{what}: {_list(rows.loc[rows.index.intersection(some.index)])}"
            for what, some in (("better", better), ("worse", worse))
            if len(rows.index.intersection(some.index))
        ]
        if found:
            said.append(f"{source}, {'; '.join(found)}.")
    return said


def _list(rows: pd.DataFrame) -> str:
    return ", ".join(
        f"{row['name']} {in_row(row, 'minus_knn', signed=True)}" for row in rows.to_dict("records")
    )
