"""Which measure orders variants as their training does, from tables on disk."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import false_discovery_control, kendalltau

from synthgap import tables
from synthgap.summary.classifiers import Training
from synthgap.summary.measured import OF_CLASS, OF_POOL, OF_SOURCE, Measured
from synthgap.summary.predictors import EXPECTED, predictors_table

DRAWS = 200
VARIANTS = ("a", "b", "c", "d", "e", "f")
HITS = (2, 4, 4, 6, 9, 10)
"""Of ten images of each class how many the classifier puts right."""


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    tables.write(pa.Table.from_pylist(rows), path, {})
    return path


def column(name: str, value: float) -> dict[str, object]:
    noise = np.random.default_rng(0).normal(size=DRAWS) * 0.01
    return {name: value, f"{name}_replicates": value + noise}


def measured_of(folder: Path, encoder: str, place: int) -> Measured:
    variant = VARIANTS[place]
    own = folder / encoder / variant
    together = {
        "class_id": None,
        **column("centroid_accuracy", place + (5 if encoder == "other" and place < 2 else 0)),
        **column("natural_clip_score", 0.5),
        # Of this there are no replicates.
        "hard_margin": float(-place),
    }
    if place < 3:
        together |= column("clip_score", place)
    return Measured(
        encoder,
        variant,
        [
            write(own / f"{name}.parquet", [{"class_id": name, **column("mean_cosine", -place)}])
            for name in ("crane", "owl")
        ],
        write(own / "together.parquet", [together]),
        write(own / "pooled.parquet", [column("pooled_cmmd", 1.0 - place % 2)]),
    )


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    folder = tmp_path_factory.mktemp("predictors")
    trainings = {
        variant: Training(
            "resnet",
            f"on-{variant}",
            (variant,),
            [
                write(
                    folder / f"{variant}.parquet",
                    [
                        {"class_id": class_id, "rank": 0 if image < hits else 7}
                        for class_id in ("crane", "owl")
                        for image in range(10)
                    ],
                )
            ],
        )
        for variant, hits in zip(VARIANTS, HITS, strict=True)
    }
    measured = [
        measured_of(folder, encoder, place)
        for encoder in ("clip", "other")
        for place in range(len(VARIANTS))
    ]
    return predictors_table(measured, trainings, DRAWS)


def rows_of(table: pa.Table, encoder: str) -> dict[str, dict]:
    return {row["measure"]: row for row in table.to_pylist() if row["encoder"] == encoder}


def test_correlations_are_scipys(table):
    rows = rows_of(table, "other")
    expected = kendalltau([5, 6, 2, 3, 4, 5], HITS).statistic
    assert rows["centroid_accuracy"]["tau"] == pytest.approx(expected)
    assert rows["centroid_accuracy"]["classifier"] == "resnet"
    clip = rows_of(table, "clip")
    assert clip["mean_cosine"]["tau"] == pytest.approx(-kendalltau(range(6), HITS).statistic)
    assert clip["mean_cosine"]["expected"] == "lower is better"
    assert clip["centroid_accuracy"]["expected"] == "higher is better"
    for row in table.to_pylist():
        if row["tau"] is not None:
            assert row["tau_low"] <= row["tau"] <= row["tau_high"]
            assert row["rho_low"] <= row["rho"] <= row["rho_high"]


def test_what_has_no_replicates_is_said(table):
    rows = rows_of(table, "clip")
    assert not rows["hard_margin"]["resampled"]
    assert rows["hard_margin"]["tau"] < -0.9
    assert rows["mean_cosine"]["resampled"]


def test_a_constant_measure_and_one_of_few_variants_are_empty(table):
    rows = rows_of(table, "clip")
    for measure, variants in (("natural_clip_score", 6), ("clip_score", 3)):
        row = rows[measure]
        assert row["variants"] == variants
        for name in ("tau", "tau_low", "rho", "rho_high", "p_value", "q_value"):
            assert row[name] is None
    assert "adherence" not in rows


def test_rows_are_ranked_by_how_far_tau_is_from_zero(table):
    taus = table["tau"].to_pylist()
    known = [abs(tau) for tau in taus if tau is not None]
    assert taus[len(known) :] == [None] * 4
    assert known == sorted(known, reverse=True)


def test_chance_is_corrected_for_all_rows(table):
    p_values, q_values = (
        [value for value in table[name].to_pylist() if value is not None]
        for name in ("p_value", "q_value")
    )
    assert q_values == pytest.approx(list(false_discovery_control(p_values)))


def test_of_every_measure_it_is_said_whether_anything_is_expected():
    nothing = {
        *("centroid_shift_baseline", "diversity_minus_shift", "modality_gap", "hard_margin"),
        *("linear_separability", "linear_separability_perceptron", "separability_margin"),
        *("separability_without_gap", "separable_in_sample", "random_labels_separable"),
        *("natural_clip_score", "natural_adherence"),
    }
    assert {*OF_CLASS, *OF_SOURCE, *OF_POOL} == {*EXPECTED, *nothing}
    assert not nothing & set(EXPECTED)
