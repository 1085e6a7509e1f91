"""The map: images in two dimensions, each with its picture, and prompts beside them."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from synthgap.report.facts import Facts

MOST = 20_000
"""Points on the map."""


def mapped(facts: Facts, projection: pd.DataFrame) -> pd.DataFrame:
    """Choose the images that the map shows: of each class and source the same number.

    Args:
        facts: the study.
        projection: `projections/{encoder}`.
    """
    images = projection[(projection["kind"] == "image") & projection["source"].isin(facts.sources)]
    each = max(1, MOST // (len(facts.classes) * len(facts.sources)))
    return images[images.groupby(["source", "class_id"], sort=False).cumcount() < each]


def map_data(
    facts: Facts,
    projection: pd.DataFrame,
    points: pd.DataFrame,
    cells: Mapping[tuple[str, str], Mapping[int, int]],
) -> dict[str, Any]:
    """Gather the points of the map.

    Args:
        facts: the study.
        projection: `projections/{encoder}`.
        points: those of its images that are shown, from `mapped`.
        cells: of each source and class, by index of an image, its place in the class's sprite.
    """
    number = facts.numbers
    prompts = projection[(projection["kind"] == "prompt")]
    return {
        "shares": [float(projection[f"{axis}_share"].iloc[0]) for axis in ("first", "second")],
        "images": len(points),
        "of": int(
            ((projection["kind"] == "image") & projection["source"].isin(facts.sources)).sum()
        ),
        "sources": {
            str(source): {
                "x": list(rows["first"]),
                "y": list(rows["second"]),
                "along": list(rows["along_gap"]),
                "across": list(rows["across_gap"]),
                "class": [number[class_id] for class_id in rows["class_id"]],
                "cell": [
                    cells[str(source), class_id][index]
                    for class_id, index in zip(rows["class_id"], rows["index"], strict=True)
                ],
            }
            for source, rows in points.groupby("source", sort=False)
        },
        "prompts": {
            str(source): {
                "along": list(rows["along_gap"]),
                "across": list(rows["across_gap"]),
                "class": [number[class_id] for class_id in rows["class_id"]],
            }
            for source, rows in prompts.groupby("source", sort=False)
        },
    }
