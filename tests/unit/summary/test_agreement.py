"""Whether measures order variants alike, from tables on disk."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import kendalltau

from synthgap import tables
from synthgap.summary.agreement import agreement_table
from synthgap.summary.classifiers import Training
from synthgap.summary.measured import Measured

DRAWS = 200
VARIANTS = ("a", "b", "c", "d", "e")
VALUES = {
    "mean_cosine": (0.9, 0.7, 0.8, 0.6, 0.5),
    "vendi_score": (1.0, 3.0, 2.0, 4.0, 5.0),
    "centroid_accuracy": (0.3, 0.5, 0.5, 0.2, 0.9),
    "natural_clip_score": (0.5,) * 5,
    "modality_gap": (1.0, 2.0, 3.0, 4.0, 5.0),
}
FEW = (0.1, 0.2, 0.3)
"""Of the first three variants alone, as of measures that some sources lack."""
HITS = (2, 4, 3, 6, 9)
"""Of ten images how many the classifier puts right."""


def write(path: Path, rows: list[dict[str, object]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    tables.write(pa.Table.from_pylist(rows), path, {})
    return path


def column(name: str, value: float, noise: float = 1e-3) -> dict[str, object]:
    seed = sum(map(ord, name)) + round(1000 * value)
    drawn = np.random.default_rng(seed).normal(size=DRAWS) * noise
    return {name: value, f"{name}_replicates": value + drawn}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], dict]:
    folder = tmp_path_factory.mktemp("agreement")
    measured = []
    for place, variant in enumerate(VARIANTS):
        own = folder / variant
        value = {name: found[place] for name, found in VALUES.items()}
        together: dict[str, object] = {"class_id": None, "hard_margin": float(place)}
        together |= column("centroid_accuracy", value["centroid_accuracy"], 0.05)
        for name in ("natural_clip_score", "modality_gap"):
            together |= column(name, value[name])
        if place < len(FEW):
            together |= column("clip_score", FEW[place])
        of_class = {"class_id": "owl", **column("mean_cosine", value["mean_cosine"])}
        measured.append(
            Measured(
                "clip",
                variant,
                [write(own / "owl.parquet", [of_class])],
                write(own / "together.parquet", [together]),
                write(own / "pooled.parquet", [column("pooled_vendi_score", value["vendi_score"])]),
            )
        )
    trainings = {
        variant: Training(
            "resnet",
            f"on-{variant}",
            (variant,),
            [
                write(
                    folder / f"{variant}.parquet",
                    [{"class_id": "owl", "rank": 0 if image < hits else 7} for image in range(10)],
                )
            ],
        )
        for variant, hits in zip(VARIANTS[:4], HITS, strict=False)
    }
    table = agreement_table(measured, trainings, DRAWS)
    return {(row["measure"], row["other"]): row for row in table.to_pylist()}


def test_every_pair_stands_once_in_the_order_of_the_measures(rows):
    order = ["top1", "mean_cosine", "centroid_accuracy", "modality_gap", "clip_score"]
    order += ["natural_clip_score", "pooled_vendi_score"]
    pairs = [(one, other) for at, one in enumerate(order) for other in order[at + 1 :]]
    assert list(rows) == pairs
    # What has no replicates orders none, nor does what is the same of all.
    assert "hard_margin" not in {name for pair in rows for name in pair}
    assert rows["mean_cosine", "natural_clip_score"]["tau"] is None


def test_tau_is_scipys_over_the_variants_that_have_both(rows):
    for (one, other), variants, expected in (
        (("mean_cosine", "centroid_accuracy"), 5, None),
        (("centroid_accuracy", "modality_gap"), 5, None),
        (("mean_cosine", "clip_score"), 3, kendalltau([9, 7, 8], FEW).statistic),
        (("top1", "mean_cosine"), 4, kendalltau(HITS[:4], [9, 7, 8, 6]).statistic),
        (("mean_cosine", "pooled_vendi_score"), 5, -1.0),
    ):
        row = rows[one, other]
        if expected is None:
            expected = kendalltau(VALUES[one], VALUES[other]).statistic
        assert row["variants"] == variants
        assert row["tau"] == pytest.approx(expected)
        assert row["tau_low"] <= row["tau"] <= row["tau_high"]


def test_what_is_expected_follows_from_which_way_is_better(rows):
    assert rows["top1", "mean_cosine"]["expected"] == "reverse order"
    assert rows["top1", "centroid_accuracy"]["expected"] == "same order"
    assert rows["mean_cosine", "pooled_vendi_score"]["expected"] == "reverse order"
    assert rows["mean_cosine", "modality_gap"]["expected"] is None


def test_pairs_of_variants_are_counted_where_both_measures_decide(rows):
    row = rows["mean_cosine", "pooled_vendi_score"]
    assert (row["decided"], row["turned"]) == (10, 10)
    # With its noise, accuracy decides some of the ten pairs, and not that of equal ones.
    row = rows["centroid_accuracy", "modality_gap"]
    assert 0 < row["turned"] < row["decided"] < 10
    assert row["tau_low"] < row["tau_high"]
