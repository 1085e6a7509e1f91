"""Which number tells whether a set is fit to train on: a row an encoder and measure."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from synthgap.described import Columns, described_table, with_interval
from synthgap.measures.intervals.estimates import Estimate, Row, columns
from synthgap.summary.classifiers import Training, accuracies_of
from synthgap.summary.differences import measures_in
from synthgap.summary.measured import (
    ENCODER,
    OF_CLASS,
    OF_POOL,
    OF_SOURCE,
    Measured,
    row_of_all,
    row_of_pool,
)
from synthgap.summary.rank_correlation import STATISTICS, correlation

LEAST = 4
"""Variants that a rank correlation is given of."""

HIGHER, LOWER = "higher is better", "lower is better"

EXPECTED = {
    **dict.fromkeys(
        (
            *("centroid_distance", "centroid_distance_per_dimension", "centroid_angle"),
            *("vendi_score", "pooled_vendi_score", "centroid_shift_cosine"),
            *("precision", "recall", "density", "coverage"),
            *("pooled_precision", "pooled_recall", "pooled_density", "pooled_coverage"),
            *("centroid_accuracy", "knn_accuracy_1", "knn_accuracy"),
            *("knn_accuracy_10", "knn_accuracy_20", "recentred_knn_accuracy"),
            *("rescaled_knn_accuracy", "respread_knn_accuracy", "clip_score", "adherence"),
        ),
        HIGHER,
    ),
    **dict.fromkeys(
        (
            *("mean_cosine", "centroid_shift", "frechet_distance", "cmmd"),
            *("pooled_frechet_distance", "pooled_cmmd", "accuracy_gap", "gap_from_shift"),
            *("gap_from_diversity", "gap_from_spread", "gap_from_shape", "centroid_accuracy_gap"),
        ),
        LOWER,
    ),
}
"""What a measure is read as; of those that tell prompts from images, or say something of natural
images, nothing is expected."""

COLUMNS: Columns = {
    "encoder": ENCODER,
    "measure": (pa.string(), "the measure, a column of summary/variants"),
    "name": (pa.string(), "its name for people"),
    "classifier": (pa.string(), "classifier behind top1"),
    "variants": (pa.int64(), "variants that have the measure and were trained on alone"),
    "expected": (pa.string(), "higher is better, lower is better, or nothing expected"),
    **with_interval(
        "tau",
        "Kendall's tau-b of the measure with top1 over these variants; empty where all have one "
        "value, or fewer than four have any",
        note=", by resampling variants",
    ),
    **with_interval(
        "rho", "Spearman's rank correlation of the same", note=", by resampling variants"
    ),
    "resampled": (
        pa.bool_(),
        "the interval also resamples the images behind the measure; else it takes its values as "
        "they are",
    ),
    "p_value": (
        pa.float64(),
        "share of orders of the variants by chance with a tau at least as far from zero",
    ),
    "q_value": (
        pa.float64(),
        "p_value corrected for the number of rows that have one (Benjamini-Hochberg)",
    ),
}


def predictors_table(
    measured: Sequence[Measured], trainings: Mapping[str, Training], draws: int
) -> pa.Table:
    """Correlate every measure with the accuracy of training, over variants.

    Rows come by how far tau is from zero, whichever way; those without one last.

    Args:
        measured: what was measured of variants, of all encoders.
        trainings: of each variant that was trained on alone the training.
        draws: replicates for the accuracies of the classifier, as many as measures have.
    """
    from scipy.stats import false_discovery_control

    top1 = {name: accuracies_of(each, draws)["top1"].overall for name, each in trainings.items()}
    (classifier,) = {training.classifier for training in trainings.values()}
    by_encoder: dict[str, dict[str, tuple[Row, dict[str, Estimate]]]] = {}
    for item in measured:
        if item.source in trainings:
            found = (row_of_all(item) | row_of_pool(item), measures_in(item))
            by_encoder.setdefault(item.encoder, {})[item.source] = found
    rows: list[Row] = []
    for encoder, of_variants in by_encoder.items():
        for measure, column in {**OF_CLASS, **OF_SOURCE, **OF_POOL}.items():
            have = {
                variant: estimate
                for variant, (row, estimates) in of_variants.items()
                if (estimate := _estimate(measure, row, estimates, draws)) is not None
            }
            if not have:
                continue
            rows.append(
                {
                    "encoder": encoder,
                    "measure": measure,
                    "name": column.title,
                    "classifier": classifier,
                    "variants": len(have),
                    "expected": EXPECTED.get(measure),
                    "resampled": all(measure in of_variants[variant][1] for variant in have),
                    **_correlations(list(have.values()), [top1[variant] for variant in have]),
                }
            )
    tested = [row for row in rows if "p_value" in row]
    if tested:
        corrected = false_discovery_control([row["p_value"] for row in tested])
        for row, q_value in zip(tested, corrected, strict=True):
            row["q_value"] = float(q_value)
    rows.sort(key=lambda row: -abs(row["tau"]) if "tau" in row else 1.0)
    return described_table(rows, COLUMNS)


def _estimate(
    measure: str, row: Row, estimates: Mapping[str, Estimate], draws: int
) -> Estimate | None:
    """A measure of a variant; of those without replicates as often the value itself."""
    if measure in estimates:
        return estimates[measure]
    value = row.get(measure)
    return None if value is None else Estimate(value, np.full(draws, float(value)))


def _correlations(one: Sequence[Estimate], other: Sequence[Estimate]) -> Row:
    row: Row = {}
    if len(one) < LEAST:
        return row
    for name, statistic in STATISTICS.items():
        found = correlation(statistic, one, other)
        if np.isfinite(found.value):
            row |= columns(name, found.value, found.ends)
            if name == "tau":
                row["p_value"] = found.p_value
    return row
