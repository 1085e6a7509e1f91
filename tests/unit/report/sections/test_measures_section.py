import html
import re

import numpy as np
import pandas as pd
import pytest

from synthgap.report.sections.measures import OTHERS, families, measures_section

COLUMNS = {
    "centroid_distance": {
        "description": "how far apart",
        "name": "centroid distance",
        "family": "Diversity",
    },
    "cmmd": {"description": "", "name": "CMMD", "family": "Distances"},
    "clip_score": {"description": "", "name": "CLIP score", "family": "Prompts"},
    "vendi_score": {"description": "", "name": "Vendi score", "family": "Diversity"},
    "something_new": {"description": "a < b", "name": "something new"},
}


def variants(**measures: list[float]) -> pd.DataFrame:
    columns: dict[str, object] = {
        "encoder": ["clip", "clip", "dino", "dino"],
        "source": ["natural-train", "disamb <2>"] * 2,
        "n": [40] * 4,
    }
    for name, values in measures.items():
        columns[name] = values
        columns[f"{name}_low"] = np.array(values) - 0.1
        columns[f"{name}_high"] = np.array(values) + 0.1
    return pd.DataFrame(columns)


def text(section: str) -> str:
    """What a reader sees, a space between cells."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", section)).split())


@pytest.fixture
def section() -> str:
    table = variants(
        something_new=[12.34, 1.5, 1234.5, 0.0],
        centroid_distance=[0.299, 0.04, 0.5, 0.25],
        cmmd=[np.nan, 1.42, np.nan, -0.004],
        clip_score=[np.nan, 0.25, np.nan, np.nan],
    )
    return measures_section(table, COLUMNS)


def test_every_number_stands_with_its_interval_and_meaning(section):
    seen = text(section)
    assert "centroid distance how far apart 0.299 [0.199, 0.399] 0.040 [−0.060, 0.140]" in seen
    assert "natural-train disamb <2>" in seen


def test_what_does_not_apply_is_a_dash_and_what_has_no_numbers_no_row(section):
    clip, dino = text(section).split(" dino ")
    assert "CMMD – 1.42 [1.32, 1.52]" in clip
    assert "CLIP score – 0.250 [0.150, 0.350]" in clip
    assert "clip score" not in dino


def test_measures_that_no_family_names_stand_last(section):
    clip, _ = text(section).split(" dino ")
    assert f"{OTHERS} something new a < b 12.3 [12.2, 12.4] 1.5 [1.4, 1.6]" in clip
    assert clip.index(OTHERS) > clip.index("Distances")


def test_only_columns_with_an_interval_are_measures():
    table = variants(vendi_score=[1.0, 2.0, 3.0, 4.0]).assign(images=5, top1=0.5)
    assert families(table, COLUMNS) == {"Diversity": ["vendi_score"]}


def test_families_and_their_measures_stand_in_the_order_of_the_columns():
    ones = [1.0, 1.0, 1.0, 1.0]
    table = variants(something_new=ones, cmmd=ones, vendi_score=ones)
    # The summary has an empty column of the first family's first measure.
    assert list(families(table, COLUMNS).items()) == [
        ("Diversity", ["vendi_score"]),
        ("Distances", ["cmmd"]),
        (OTHERS, ["something_new"]),
    ]


def test_what_says_nothing_of_itself_has_its_columns_name():
    section = measures_section(variants(spread=[1.0, 1.0, 1.0, 1.0]), {})
    assert f"{OTHERS} spread 1.00 [0.90, 1.10]" in text(section)
