import html
import re

import numpy as np
import pandas as pd
import pytest

from synthgap.report.sections.quoted import quoted_section
from synthgap.summary.quoted import COLUMNS, quoted_table


def variants(**columns: list[float]) -> pd.DataFrame:
    table = {
        "encoder": ["clip"] * 4,
        "source": ["natural-train", "disamb", "disamb2.5", "promptaug"],
        "centroid_distance": [0.3, 0.04, 0.09, 0.25],
        "linear_separability": [np.nan, 0.8, 0.75, 0.7],
    }
    return pd.DataFrame({**table, **columns})


def parts(**measures: list[float]) -> pd.DataFrame:
    """A table with intervals of 0.02 either way."""
    columns = {}
    for name, values in measures.items():
        for end, move in (("", 0.0), ("_low", -0.02), ("_high", 0.02)):
            columns[f"{name}{end}"] = [value + move for value in values]
    return variants(**columns)


def section(table: pd.DataFrame) -> str:
    return quoted_section(table, quoted_table(table).to_pandas())


def seen(table: pd.DataFrame) -> str:
    """What a reader sees of the table."""
    found = re.search(r"<table>.*?</table>", section(table), re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", found[0])).split())


def test_order_and_ratios_of_distances():
    found = seen(variants())
    assert "disamb (0.0400) < disamb2.5 (0.0900) < promptaug (0.250): this study does show" in found
    assert "1.000 : 1.667 : 2.024 1.000 : 2.250 : 6.250" in found
    assert "this study does not show" in seen(variants(centroid_distance=[0.3, 0.1, 0.09, 0.25]))


def test_the_table_has_ratios_and_places_beside_the_quoted_ones():
    two = pd.concat(
        [variants(), variants(centroid_distance=[0.3, 0.1, 0.09, 0.2]).assign(encoder="dino")]
    )
    table = quoted_table(two)
    rows = {(row["encoder"], row["source"]): row for row in table.to_pylist()}
    assert len(rows) == 6
    assert rows["clip", "promptaug"]["ratio"] == pytest.approx(6.25)
    assert rows["clip", "promptaug"]["quoted_ratio"] == pytest.approx(2.49 / 1.23)
    sources = ("disamb", "disamb2.5", "promptaug")
    assert [rows["clip", source]["place"] for source in sources] == [1, 2, 3]
    assert [rows["dino", source]["place"] for source in sources] == [2, 1, 3]
    assert [rows["dino", source]["quoted_place"] for source in sources] == [1, 2, 3]
    for field in table.schema:
        assert field.metadata[b"description"].decode() == COLUMNS[field.name][1]


def test_a_study_without_the_three_variants_has_no_such_rows():
    without = variants().query("source != 'promptaug'")
    assert "Order" not in seen(without)
    assert quoted_table(without).num_rows == 0


def test_what_diversity_and_shift_cost():
    found = seen(
        parts(
            gap_from_diversity=[np.nan, 0.10, 0.03, -0.01],
            gap_from_shift=[np.nan, 0.05, 0.05, 0.09],
            diversity_minus_shift=[np.nan, 0.05, -0.02, -0.10],
        )
    )
    assert "“diversity has a larger impact on accuracy than centroid-shift”" in found
    assert (
        "disamb: diversity 0.100 [0.080, 0.120], shift 0.050 [0.030, 0.070], "
        "difference 0.050 [0.030, 0.070]: diversity costs more"
    ) in found
    # An interval that ends at zero decides nothing.
    assert (
        "disamb2.5: diversity 0.030 [0.010, 0.050], shift 0.050 [0.030, 0.070], "
        "difference −0.020 [−0.040, 0.000]: undecided which costs more"
    ) in found
    assert "promptaug: diversity −0.010 [−0.030, 0.010], shift" in found
    assert found.count("shift costs more") == 1
    assert "natural-train" not in found


def test_a_paired_difference_decides_where_intervals_of_the_parts_overlap():
    table = parts(
        gap_from_diversity=[np.nan, 0.07, 0.05, 0.05],
        gap_from_shift=[np.nan, 0.04, 0.05, 0.08],
        diversity_minus_shift=[np.nan, 0.03, 0.0, -0.03],
    )
    found = seen(table)
    assert found.count(": diversity costs more") == found.count(": shift costs more") == 1
    assert found.count(": undecided") == 1


@pytest.mark.parametrize(
    "table",
    [
        variants(),
        parts(
            gap_from_diversity=[np.nan] * 4,
            gap_from_shift=[np.nan] * 4,
            diversity_minus_shift=[np.nan] * 4,
        ),
        parts(gap_from_diversity=[0.1] * 4, gap_from_shift=[0.1] * 4),
    ],
    ids=["not in the table", "empty", "of a table without their difference"],
)
def test_what_was_not_measured_has_no_row(table):
    assert "costs accuracy" not in seen(table)


def test_an_encoder_without_prompts_has_no_row_of_them():
    assert "separable" not in seen(variants(linear_separability=[np.nan] * 4))
    assert "0.700 to 0.800" in seen(variants())


def test_our_reading_and_what_is_ours_are_named_apart():
    reading, ours = section(variants()).split("<h3>Ours</h3>")
    assert "PromptAug is" in reading
    for word in ("interval", "Owen", "tie", "Classifiers on embeddings", "diagnosis"):
        assert word in ours
        assert word not in reading.split("<h3>Our reading</h3>")[1]
