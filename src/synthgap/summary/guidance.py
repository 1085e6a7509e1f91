"""Which guidance scale is best: chosen on some natural images, and asked again of others."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from jaxtyping import Bool, Int

from synthgap import seeds
from synthgap.described import Columns, described_table, with_interval
from synthgap.measures.intervals.estimates import Row, columns
from synthgap.measures.tables.natural_hits import CHOOSING, CONFIRMING
from synthgap.summary.classifiers import Training, trained_alone
from synthgap.summary.frontier import CLASS_ID, GENERATOR, NAME, PROMPTS
from synthgap.summary.scale_choice import (
    NONE,
    Hits,
    against,
    choices,
    own_against_one,
    range_of,
    worth,
)
from synthgap.summary.sweeps import LEAST, Sweep
from synthgap.tables import read

REFERENCE = 2.5
"""The guidance scale that beat the extremes in the paper."""

MEASURES = ("centroid_accuracy", "knn_accuracy")
"""Of an encoder's space."""

TRAINED = "top1"

HALF = "half of natural-val"
"""What trained classifiers have to choose on, since they predict natural-val alone."""

COLUMNS: Columns = {
    "encoder": (pa.string(), "model whose embeddings were classified; empty for trained ones"),
    "classifier": (pa.string(), "classifier that was trained at each scale; empty for others"),
    "generator": GENERATOR,
    "prompts": PROMPTS,
    "measure": (pa.string(), "accuracy by which scales are compared, as in summary/variants"),
    "class_id": CLASS_ID,
    "name": NAME,
    "scales": (pa.int64(), "guidance scales that were compared"),
    "chosen_on": (pa.string(), "natural images that chose; the others confirm"),
    "scale": (
        pa.float64(),
        "scale with the highest accuracy on the images that choose, the lowest of equal ones",
    ),
    "scale_low": (
        pa.float64(),
        "lowest scale that is chosen when these images are resampled, but for 2.5 % of the draws",
    ),
    "scale_high": (pa.float64(), "the highest one, likewise"),
    "how_often": (pa.float64(), "share of these draws that choose the same scale"),
    "draws_by_scale": (pa.string(), "the same of every scale, as scale: share; ties are shared"),
    **with_interval(
        "accuracy_where_chosen",
        "its accuracy on the images that chose it: too high, since they did (winner's curse)",
    ),
    **with_interval("accuracy", "its accuracy on natural images that chose nothing"),
    "reference_scale": (
        pa.float64(),
        "what it is compared with: of a class the scale that all classes together chose; of all "
        f"classes {REFERENCE:g}, which is the paper's, if it was tried",
    ),
    **with_interval(
        "minus_reference", "accuracy minus that of reference_scale, on the same images, paired"
    ),
    **with_interval(
        "per_class_gain",
        "of all classes: accuracy with a scale chosen for each class, minus that with one scale "
        "chosen for all, on images that chose nothing, paired",
    ),
}


class Outcomes(NamedTuple):
    """What a sweep puts right, at each scale: on images that choose, and on those that confirm."""

    scales: tuple[float, ...]
    class_ids: list[str]
    chosen_on: str
    choosing: Hits
    choosing_labels: Int[np.ndarray, "queries"]
    confirming: Hits
    confirming_labels: Int[np.ndarray, "others"]


def guidance_table(
    sweeps: Sequence[Sweep],
    hits: Mapping[tuple[str, str], str | Path],
    trainings: Sequence[Training],
    names: Mapping[str, str],
    draws: int,
) -> pa.Table:
    """Choose scales, and confirm them: of each sweep and accuracy a row for all classes and each.

    Args:
        sweeps: of the study.
        hits: of each encoder and variant the table of natural images that it puts right.
        trainings: what was trained; a training set counts for a variant that it consists of alone.
        names: of each class its name.
        draws: replicates for the intervals.
    """
    rows: list[Row] = []
    for sweep in sweeps:
        for beginning, outcomes in (
            *_of_encoders(sweep, hits, list(names)),
            *_of_classifiers(sweep, trainings, list(names)),
        ):
            said = {"generator": sweep.generator, "prompts": sweep.prompts, **beginning}
            rows += [
                {**said, **row, "name": names.get(row.get("class_id", ""))}
                for row in rows_of(outcomes, draws)
            ]
    return described_table(rows, COLUMNS)


def _of_encoders(
    sweep: Sweep, hits: Mapping[tuple[str, str], str | Path], class_ids: list[str]
) -> Iterator[tuple[Row, Outcomes]]:
    for encoder in dict.fromkeys(encoder for encoder, _ in hits):
        tables = [read(hits[encoder, source]).to_pandas() for source in sweep.sources]
        parts = [tables[0]["part"] == part for part in (CHOOSING, CONFIRMING)]
        labels = [_numbers(tables[0].loc[part, "class_id"], class_ids) for part in parts]
        for measure in MEASURES:
            if any(table[measure].isna().any() for table in tables):
                continue
            found = [
                np.stack([[table.loc[part, measure].to_numpy(bool)] for table in tables])
                for part in parts
            ]
            yield (
                {"encoder": encoder, "measure": measure},
                Outcomes(
                    sweep.scales, class_ids, CHOOSING, found[0], labels[0], found[1], labels[1]
                ),
            )


def _of_classifiers(
    sweep: Sweep, trainings: Sequence[Training], class_ids: list[str]
) -> Iterator[tuple[Row, Outcomes]]:
    for classifier in dict.fromkeys(training.classifier for training in trainings):
        alone = trained_alone(trainings, classifier)
        trained = [
            (scale, alone[source])
            for source, scale in zip(sweep.sources, sweep.scales, strict=True)
            if source in alone
        ]
        if len(trained) < LEAST:
            continue
        tables = [
            [read(path).to_pandas() for path in training.predictions] for _, training in trained
        ]
        labels = _numbers(tables[0][0]["class_id"], class_ids)
        hits = np.stack([[table["rank"].to_numpy() < 1 for table in each] for each in tables])
        half = halves(labels, class_ids)
        yield (
            {"classifier": classifier, "measure": TRAINED},
            Outcomes(
                tuple(scale for scale, _ in trained),
                class_ids,
                HALF,
                hits[:, :, half],
                labels[half],
                hits[:, :, ~half],
                labels[~half],
            ),
        )


def _numbers(of_rows: "pd.Series[str]", class_ids: list[str]) -> Int[np.ndarray, "rows"]:
    numbers: Int[np.ndarray, "rows"] = pd.Index(class_ids).get_indexer(pd.Index(of_rows))
    return numbers


def halves(labels: Int[np.ndarray, "rows"], class_ids: Sequence[str]) -> Bool[np.ndarray, "rows"]:
    """Say which images of each class choose: one half at random, always the same one.

    Args:
        labels: class number of each image.
        class_ids: by their numbers.
    """
    half = np.zeros(len(labels), bool)
    for label, class_id in enumerate(class_ids):
        own = np.flatnonzero(labels == label)
        order = seeds.generator("halves", class_id).permutation(len(own))
        half[own[order[: len(own) // 2]]] = True
    return half


def rows_of(outcomes: Outcomes, draws: int) -> list[Row]:
    """Choose and confirm; a row for all classes, then one a class.

    Where a class has no image to choose on, or none to confirm with, there are none.
    """
    classes = len(outcomes.class_ids)
    parts = (outcomes.choosing_labels, outcomes.confirming_labels)
    if any((np.bincount(labels, minlength=classes) == 0).any() for labels in parts):
        return []
    random = partial(_random, outcomes.class_ids)
    scales = outcomes.scales
    choosing = outcomes.choosing, outcomes.choosing_labels, random, draws
    confirming = outcomes.confirming, outcomes.confirming_labels, random, draws
    chosen = choices(*choosing)
    best = chosen.overall
    there, here = worth(chosen, *choosing), worth(chosen, *confirming)
    gain, of_classes = own_against_one(chosen, *confirming)
    of_all: Row = {
        **_choice(scales, best, chosen.overall_shares),
        **columns("accuracy_where_chosen", there.overall.value, there.overall_interval),
        **columns("accuracy", here.overall.value, here.overall_interval),
        **columns("per_class_gain", *gain),
    }
    if REFERENCE in scales:
        hits, labels = outcomes.confirming, outcomes.confirming_labels
        paper = scales.index(REFERENCE)
        apart = NONE if best == paper else (against(hits[paper], hits[best], labels, random, draws))
        of_all |= {"reference_scale": REFERENCE, **columns("minus_reference", *apart)}
    rows = [of_all]
    for label, class_id in enumerate(outcomes.class_ids):
        rows.append(
            {
                "class_id": class_id,
                **_choice(scales, chosen.per_class[label], chosen.per_class_shares[label]),
                **columns(
                    "accuracy_where_chosen",
                    there.per_class[label],
                    there.per_class_interval[label],
                ),
                **columns("accuracy", here.per_class[label], here.per_class_interval[label]),
                "reference_scale": scales[best],
                **columns("minus_reference", *of_classes[label]),
            }
        )
    return [{"scales": len(scales), "chosen_on": outcomes.chosen_on, **row} for row in rows]


def _random(class_ids: Sequence[str]) -> list[np.random.Generator]:
    return [seeds.generator("queries", class_id) for class_id in class_ids]


def _choice(scales: tuple[float, ...], number: int, shares: np.ndarray) -> Row:
    """Which scale was chosen, and how surely."""
    low, high = range_of(scales, shares)
    said = (f"{scale:g}: {part:.3f}" for scale, part in zip(scales, shares, strict=True))
    return {
        "scale": scales[number],
        "scale_low": low,
        "scale_high": high,
        "how_often": float(shares[number]),
        "draws_by_scale": ", ".join(said),
    }
