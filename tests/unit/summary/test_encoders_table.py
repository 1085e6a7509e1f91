"""Encoders side by side, from tables of measures on disk."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from synthgap import tables
from synthgap.measures.intervals.estimates import Estimate, difference, interval
from synthgap.summary.encoders import COMPARED, encoders_table
from synthgap.summary.measured import Measured
from synthgap.summary.ordered_by import ORDERS

VARIANTS = ("disamb", "promptaug", "plain")
ENCODERS = ("first", "other", "images-only")
DRAWS = 200


def number(*place: object) -> tuple[float, np.ndarray]:
    rng = np.random.default_rng([ord(letter) for letter in repr(place)])
    return float(rng.normal()), rng.normal(size=DRAWS)


def columns(names: list[str], *place: object) -> dict[str, object]:
    row: dict[str, object] = {}
    for name in names:
        value, replicates = number(*place, name)
        row |= {name: value, f"{name}_low": value - 1, f"{name}_high": value + 1}
        row[f"{name}_replicates"] = replicates
    return row


def write(path: Path, row: dict[str, object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    tables.write(pa.Table.from_pylist([row]), path, {})
    return path


@pytest.fixture
def table(tmp_path: Path) -> pa.Table:
    measured = []
    for encoder in ENCODERS:
        for source in ("natural-train", "natural-val", *VARIANTS):
            names = ["centroid_accuracy", "knn_accuracy"]
            if encoder != "images-only" and source in VARIANTS:
                names += ["linear_separability", "modality_gap", "separability_without_gap"]
            place = tmp_path / encoder / source
            together = {"class_id": None, **columns(names, encoder, source)}
            if "modality_gap" in names:
                together |= {"separable_in_sample": 1.0, "random_labels_separable": 0.0}
            measured.append(
                Measured(
                    encoder,
                    source,
                    [
                        write(
                            place / f"{name}.parquet",
                            {
                                "class_id": name,
                                "n": 9,
                                **columns(["centroid_distance"], encoder, source, name),
                            },
                        )
                        for name in ("crane", "owl")
                    ],
                    write(place / "together.parquet", together),
                    place / "pooled.parquet",
                )
            )
    zero_shot = {
        encoder: write(
            tmp_path / f"{encoder}.parquet", columns(["zero_shot_accuracy"], encoder, "zero")
        )
        for encoder in ENCODERS[:2]
    }
    return encoders_table(
        measured, zero_shot, natural="natural-train", reference="promptaug", first="first"
    )


def test_a_row_an_encoder_each_compared_with_the_first(table):
    first, other, images_only = table.to_pylist()
    assert [row["encoder"] for row in (first, other, images_only)] == list(ENCODERS)
    assert [row["compared_with"] for row in (first, other, images_only)] == [None, "first", "first"]
    assert first["prompts_of"] == "promptaug"
    assert first["linear_separability"] == number("first", "promptaug", "linear_separability")[0]
    assert first["centroid_accuracy"] == number("first", "natural-train", "centroid_accuracy")[0]
    assert first["zero_shot_accuracy_low"] == first["zero_shot_accuracy"] - 1
    assert all(first[f"{column}_difference"] is None for column in COMPARED)
    assert all(first[f"{column}_tau"] is None for column in ORDERS)


@pytest.mark.parametrize(
    ("column", "source"),
    [
        ("linear_separability", "promptaug"),
        ("modality_gap", "promptaug"),
        ("zero_shot_accuracy", "zero"),
        ("centroid_accuracy", "natural-train"),
    ],
)
def test_differences_are_paired(table, column, source):
    first, other = (Estimate(*number(each, source, column)) for each in ENCODERS[:2])
    between = difference(first, other)
    row = table.to_pylist()[1]
    assert row[f"{column}_difference"] == pytest.approx(between.value)
    ends = [row[f"{column}_difference_{end}"] for end in ("low", "high")]
    assert ends == pytest.approx(list(interval(between)))


def test_orders_are_those_of_the_variants_alone(table):
    from scipy.stats import kendalltau

    by_encoder = [
        [
            np.mean([number(encoder, source, c, "centroid_distance")[0] for c in ("crane", "owl")])
            for source in VARIANTS
        ]
        for encoder in ENCODERS[:2]
    ]
    row = table.to_pylist()[1]
    assert row["centroid_distance_tau"] == pytest.approx(kendalltau(*by_encoder).statistic)
    assert row["centroid_distance_tau_low"] <= row["centroid_distance_tau"]
    assert row["centroid_distance_turned"] <= row["centroid_distance_decided"] <= 3


def test_an_encoder_of_images_alone_lacks_what_needs_prompts(table):
    row = table.to_pylist()[2]
    for column in ("prompts_of", "linear_separability", "zero_shot_accuracy", "modality_gap"):
        assert row[column] is None
    assert row["centroid_accuracy_difference"] is not None
    assert row["knn_accuracy_tau"] is not None


def test_every_column_says_what_it_is(table):
    assert all(field.metadata[b"description"] for field in table.schema)
