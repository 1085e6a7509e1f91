"""The frontier of a sweep: guidance scales that no other scale beats in everything."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from jaxtyping import Bool, Float

from synthgap.described import Columns, described_table, with_interval
from synthgap.measures.intervals.estimates import Estimate, Row
from synthgap.summary.measured import (
    Measured,
    estimates_in,
    over_classes,
    row_of_all,
    rows_of_classes,
)
from synthgap.summary.sweeps import LEAST, Sweep

AXES = ("adherence", "centroid_distance")
"""What the frontier is of."""

ACCURACIES = ("centroid_accuracy", "knn_accuracy", "top1")
"""Of which each may join adherence and diversity."""

SHOWN = {
    "adherence": "share of images that fit their own class's prompt best",
    "centroid_distance": "centroid distance: how diverse the images of a class are",
    "centroid_accuracy": "centroid accuracy on natural-val",
    "knn_accuracy": "5-NN accuracy on natural-val",
    "top1": "top-1 accuracy on natural-val of the classifier trained on the images of this scale",
}
"""Measures at each scale, as in summary/variants and summary/classes."""

GENERATOR = (pa.string(), "what made the images of the sweep")
PROMPTS = (pa.string(), "the prompt recipe of the sweep")
CLASS_ID = (pa.string(), "the class; empty for all classes")
NAME = (pa.string(), "the class's name; names may collide")

COLUMNS: Columns = {
    "encoder": (pa.string(), "model whose embeddings were measured"),
    "generator": GENERATOR,
    "prompts": PROMPTS,
    "source": (pa.string(), "the variant of this scale"),
    "guidance_scale": (pa.float64(), "weight of classifier-free guidance"),
    "class_id": CLASS_ID,
    "name": NAME,
    "on_frontier": (
        pa.bool_(),
        "whether no other scale of the sweep is as high in adherence and in centroid distance, and "
        "higher in one of them; empty without adherence",
    ),
    "how_often": (
        pa.float64(),
        "of all classes: share of the bootstrap's draws in which on_frontier holds",
    ),
    **{
        f"on_frontier_with_{name}": (
            pa.bool_(),
            f"the same of adherence, centroid distance and {name}; empty where one is missing",
        )
        for name in ACCURACIES
    },
    **{
        column: described
        for name, text in SHOWN.items()
        for column, described in with_interval(name, text).items()
    },
}


def pareto(points: Float[np.ndarray, "n measures"]) -> Bool[np.ndarray, "n"]:
    """Say of each point whether none is at least as high in every measure and higher in one.

    Points that are equal in all measures are on the frontier together or not at all.

    >>> pareto(np.array([[1.0, 3.0], [2.0, 2.0], [1.0, 2.0], [2.0, 2.0]])).tolist()
    [True, True, False, True]
    """
    as_high = (points[:, None] >= points[None]).all(axis=2)
    higher = (points[:, None] > points[None]).any(axis=2)
    beaten = (as_high & higher).any(axis=0)
    unbeaten: Bool[np.ndarray, "n"] = np.logical_not(beaten)
    return unbeaten


def frontier_shares(
    adherence: Sequence[Estimate], distance: Sequence[Estimate]
) -> Float[np.ndarray, "scales"]:
    """In which share of the draws each scale is on the frontier of adherence and distance.

    Args:
        adherence: at each scale.
        distance: at each scale; draw b of all comes from the same image indices.
    """
    # As `interval` moves them: resampling shifts a measure of spread, which is no part of chance.
    draws = np.stack(
        [
            [each.replicates - each.replicates.mean() + each.value for each in estimates]
            for estimates in (adherence, distance)
        ],
        axis=-1,
    )
    # What rounding sets apart is the same.
    on = [pareto(draws[:, draw].round(9)) for draw in range(draws.shape[1])]
    shares: Float[np.ndarray, "scales"] = np.mean(on, axis=0)
    return shares


def frontier_table(
    sweeps: Sequence[Sweep],
    variants: pd.DataFrame,
    classes: pd.DataFrame,
    measured: Sequence[Measured] = (),
) -> pa.Table:
    """A row an encoder, sweep, scale and class, and one for all classes.

    Args:
        sweeps: of the study.
        variants: `summary/variants`.
        classes: `summary/classes`.
        measured: what was measured of the sweeps' variants; without it `how_often` stays empty.
    """
    known = {(item.encoder, item.source): item for item in measured}
    both = pd.concat([variants, classes], ignore_index=True)
    rows: list[Row] = []
    for encoder, found in both.groupby("encoder", sort=False):
        for sweep in sweeps:
            scales = dict(zip(sweep.sources, sweep.scales, strict=True))
            own = found[found["source"].isin(scales)]
            own = own.assign(guidance_scale=own["source"].map(scales)).astype(object)
            of_class: dict[str | None, list[dict[Hashable, Any]]] = {}
            for record in own.where(own.notna(), None).to_dict("records"):
                of_class.setdefault(record["class_id"], []).append(record)
            for group in of_class.values():
                rising = sorted(group, key=lambda row: row["guidance_scale"])
                rows += _rows(rising, str(encoder), sweep)
            together = [known.get((str(encoder), source)) for source in sweep.sources]
            shares = _shares([item for item in together if item])
            for row in rows[-len(own) :]:
                if row["class_id"] is None and row["source"] in shares:
                    row["how_often"] = shares[row["source"]]
    return described_table(rows, COLUMNS)


def _rows(group: Sequence[Mapping[Hashable, Any]], encoder: str, sweep: Sweep) -> list[Row]:
    on = {"on_frontier": _on_frontier(group, [])} | {
        f"on_frontier_with_{name}": _on_frontier(group, [name]) for name in ACCURACIES
    }
    said = {"encoder": encoder, "generator": sweep.generator, "prompts": sweep.prompts}
    return [
        {name: row[name] for name in COLUMNS if name in row}
        | said
        | {name: bool(flags[place]) for name, flags in on.items() if flags is not None}
        for place, row in enumerate(group)
    ]


def _shares(measured: Sequence[Measured]) -> dict[str, float]:
    """Of each variant how often it is on the frontier; none where something was not measured."""
    found = [
        over_classes(rows_of_classes(item)) | estimates_in(row_of_all(item)) for item in measured
    ]
    if len(found) < LEAST or any(not {*AXES} <= set(each) for each in found):
        return {}
    shares = frontier_shares(*([each[name] for each in found] for name in AXES))
    return {item.source: float(part) for item, part in zip(measured, shares, strict=True)}


def _on_frontier(
    group: Sequence[Mapping[Hashable, Any]], accuracy: list[str]
) -> Bool[np.ndarray, "n"] | None:
    points = [[row.get(name) for name in (*AXES, *accuracy)] for row in group]
    if any(value is None for point in points for value in point):
        return None
    return pareto(np.array(points, float))
