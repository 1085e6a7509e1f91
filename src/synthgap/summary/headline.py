"""The headline: the few columns of the summary that a reader sees first, as text."""

import pandas as pd

from synthgap.numbers import Written, in_row

HEADLINE = {
    "source": "source",
    "images": "images",
    "centroid_distance": "centroid distance",
    "centroid_shift": "centroid shift",
    "centroid_accuracy": "centroid accuracy",
    "knn_accuracy": "5-NN accuracy",
    "top1": "classifier top-1",
}
"""The columns that a reader sees first, and their names."""

PLAIN = frozenset({"source", "images"})
"""Those that are no measures."""


def headline(variants: pd.DataFrame) -> dict[str, list[Written]]:
    """Choose the headline's columns and write their cells, each number with its interval.

    What the study has no numbers for, such as an accuracy where nothing was trained, is left out.

    Args:
        variants: summary of one encoder, a row a source.

    Returns:
        Of each column's name its cells, one a row of the summary.
    """
    rows = variants.to_dict("records")
    return {
        name: [
            Written(str(row[column])) if column in PLAIN else in_row(row, column) for row in rows
        ]
        for column, name in HEADLINE.items()
        if column in variants and variants[column].notna().any()
    }
