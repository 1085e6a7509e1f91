"""What variants gain in single classes: a row a comparison, class and accuracy."""

from collections.abc import Iterator, Mapping, Sequence
from math import hypot
from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from jaxtyping import Bool, Float, Int

from synthgap.described import Columns, described_table, with_interval
from synthgap.measures.intervals.estimates import (
    NORMAL_QUANTILE,
    Interval,
    Row,
    bonett_price,
    columns,
)
from synthgap.measures.tables.scores import read_scores
from synthgap.summary.classifiers import CLASSIFIER, Training, trained_alone
from synthgap.summary.gains import MEASURES, Comparison
from synthgap.summary.measured import ENCODER
from synthgap.tables import read

FALSE_DISCOVERY_RATE = 0.05
"""At which a gain is found: about one in twenty of those that are found would be none."""

COLUMNS: Columns = {
    "class_id": (pa.string(), "the class"),
    "name": (pa.string(), "the class's name; names may collide"),
    "variant": (pa.string(), "the variant"),
    "over": (pa.string(), "the variant that its gain is measured over"),
    "is_control": (
        pa.bool_(),
        "over is a random choice of as many of the same images; else it is the study's baseline",
    ),
    "encoder": ENCODER,
    "classifier": CLASSIFIER,
    "measure": (pa.string(), "top1 or knn_accuracy, a column of summary/classes"),
    "images": (pa.int64(), "natural-val images of the class, on which both are compared"),
    "trainings": (pa.int64(), "seeds that were trained; 1 of knn_accuracy"),
    **with_interval(
        "gain",
        "the measure of variant minus that of over in this class, paired by image and seed",
        note=", of this number alone: by Bonett and Price over images, and by the spread between "
        "seeds",
    ),
    "p_value": (pa.float64(), "chance of a gain as far from 0 if there were none"),
    "q_value": (
        pa.float64(),
        "p_value corrected for all classes and comparisons of the same kind and accuracy "
        "(Benjamini-Hochberg)",
    ),
    "found": (
        pa.bool_(),
        f"q_value is at most {FALSE_DISCOVERY_RATE}: of all that are found about one in twenty is "
        "expected to be none",
    ),
}
"""Of each column its type and what it means."""


class Hits(NamedTuple):
    """Which natural-val images a variant puts right."""

    right: Bool[np.ndarray, "seeds n"]
    """A row a seed of training."""
    labels: Int[np.ndarray, "n"]
    """Class number of each image."""


class Gain(NamedTuple):
    """By how much one is more accurate than another in a class."""

    value: float
    ends: Interval
    p_value: float


def class_gains_table(
    scores: Mapping[tuple[str, str], str | Path],
    trainings: Sequence[Training],
    names: Mapping[str, str],
    comparisons: Sequence[Comparison],
) -> pa.Table:
    """Compare variants class by class, in what their gain is measured in over all classes.

    Args:
        scores: of each encoder and variant the table of its images' scores.
        trainings: what was trained on one variant alone.
        names: of each class its name, in the order of the study.
        comparisons: what is compared with what, in the order of the rows.
    """
    class_ids = list(names)
    rows = []
    for classifier in dict.fromkeys(training.classifier for training in trainings):
        alone = trained_alone(trainings, classifier)
        trained = {name: _of_training(each, class_ids) for name, each in alone.items()}
        behind = {"classifier": classifier, "measure": MEASURES[0]}
        rows += _corrected([behind | row for row in _rows(trained, names, comparisons)])
    for encoder in dict.fromkeys(encoder for encoder, _ in scores):
        nearest = {
            variant: hits
            for (of, variant), path in scores.items()
            if of == encoder and (hits := _of_scores(path, class_ids)) is not None
        }
        behind = {"encoder": encoder, "measure": MEASURES[1]}
        rows += _corrected([behind | row for row in _rows(nearest, names, comparisons)])
    return described_table(rows, COLUMNS)


def gain(one: Float[np.ndarray, "seeds n"], other: Float[np.ndarray, "seeds n"]) -> Gain:
    """Say by how much the hits of `other` are more than those of `one`, image by image.

    Two causes make it vary, and their variances add up, as in `estimates.share`: which images
    there are (Bonett and Price's variance of the differences, averaged over seeds), and which seeds
    were trained (the variance between them). With one seed the second is unknown and left out.

    Args:
        one: 1 where an image is put right, else 0; a row a seed.
        other: the same of the same images and seeds.

    >>> found = gain(np.array([[0, 0, 1, 0]]), np.array([[1, 1, 1, 0]]))
    >>> found.value, found.ends.low < 0 < found.ends.high
    (0.5, True)
    """
    apart = np.asarray(other, float) - np.asarray(one, float)
    over_images = bonett_price(apart.mean(axis=0))
    middle = (over_images.low + over_images.high) / 2
    error = (over_images.high - over_images.low) / 2 / NORMAL_QUANTILE
    if len(apart) > 1:
        error = hypot(error, float(apart.mean(axis=1).std(ddof=1)) / len(apart) ** 0.5)
    half = NORMAL_QUANTILE * error
    return Gain(
        float(apart.mean()),
        Interval(middle - half, middle + half),
        2 * NormalDist().cdf(-abs(middle) / error),
    )


def _of_training(training: Training, class_ids: Sequence[str]) -> Hits:
    tables = [read(path, ["class_id", "rank"]).to_pandas() for path in training.predictions]
    labels = pd.Index(class_ids).get_indexer(tables[0]["class_id"])
    return Hits(np.stack([table["rank"].to_numpy() < 1 for table in tables]), labels)


def _of_scores(path: str | Path, class_ids: Sequence[str]) -> Hits | None:
    """None where a class has too few images to win a vote."""
    score = read_scores(path, class_ids).get(MEASURES[1])
    if score is None:
        return None
    _, labels, right = score
    return Hits(right[None], labels)


def _rows(
    hits: Mapping[str, Hits], names: Mapping[str, str], comparisons: Sequence[Comparison]
) -> Iterator[Row]:
    for variant, over, is_control in comparisons:
        if variant not in hits or over not in hits:
            continue
        one, other = hits[over], hits[variant]
        for number, (class_id, name) in enumerate(names.items()):
            own = one.labels == number
            found = gain(one.right[:, own], other.right[:, own])
            yield {
                "class_id": class_id,
                "name": name,
                "variant": variant,
                "over": over,
                "is_control": is_control,
                "images": int(own.sum()),
                "trainings": len(one.right),
                **columns("gain", found.value, found.ends),
                "p_value": found.p_value,
            }


def _corrected(rows: list[Row]) -> list[Row]:
    """Correct for how many there are, over the baseline and over controls each by itself."""
    from scipy.stats import false_discovery_control

    for is_control in (False, True):
        own = [row for row in rows if row["is_control"] == is_control]
        if own:
            corrected = false_discovery_control([row["p_value"] for row in own])
            for row, q_value in zip(own, corrected.tolist(), strict=True):
                row["q_value"] = q_value
                row["found"] = q_value <= FALSE_DISCOVERY_RATE
    return rows
