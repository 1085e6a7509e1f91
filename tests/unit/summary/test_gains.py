"""What filters and choices gain: signs, order and cost."""

import pandas as pd
import pytest

from synthgap.described import metadata_of_columns
from synthgap.report.facts import Class, Facts, Variant
from synthgap.report.sections.gains import gains_section
from synthgap.summary.card import Made
from synthgap.summary.gains import COLUMNS, gains_table
from synthgap.tables import write_with_csv


def difference(source, other, value, measure="top1", half=0.01):
    of_encoder = measure != "top1"
    return {
        "encoder": "clip" if of_encoder else None,
        "classifier": None if of_encoder else "resnet",
        "measure": measure,
        "source": source,
        "other": other,
        "difference": value,
        "difference_low": value - half,
        "difference_high": value + 2 * half,
    }


ORIGINS = {
    "plain": ["plain"],
    "long": ["long"],
    "fit": ["long"],
    "some": ["long"],
    "best": ["plain", "long"],
}
IMAGES = {"natural-train": 99, "plain": 40, "long": 60, "fit": 30, "some": 30, "best": 55}
STEPS = {"plain": 50, "long": 20}
DIFFERENCES = pd.DataFrame(
    [
        difference("plain", "long", 0.10),
        difference("plain", "fit", 0.15),
        difference("long", "fit", 0.05),
        difference("long", "some", -0.03),
        difference("long", "best", 0.005),
        difference("fit", "some", -0.08),
        difference("long", "fit", 0.02, "knn_accuracy"),
        difference("long", "fit", 0.5, "centroid_accuracy"),
        difference("natural-train", "long", -0.3),
    ]
)


@pytest.fixture(scope="module")
def table():
    return gains_table(DIFFERENCES, IMAGES, ORIGINS, STEPS, "long", {"fit": "some"})


def test_gains_are_over_the_baseline_whatever_the_order_of_the_pair(table):
    rows = table.to_pandas()
    over = rows[(rows["measure"] == "top1") & ~rows["is_control"]].set_index("variant")
    assert over["gain"].to_dict() == pytest.approx(
        {"fit": 0.05, "best": 0.005, "some": -0.03, "plain": -0.10}
    )
    # That of plain was turned round, and with it its ends.
    assert over.loc["plain", ["gain_low", "gain_high"]].tolist() == pytest.approx([-0.12, -0.09])
    assert over["decided"].to_dict() == {"fit": True, "best": False, "some": True, "plain": True}
    assert set(rows["over"][~rows["is_control"]]) == {"long"}
    assert "centroid_accuracy" not in set(rows["measure"])


def test_the_largest_gain_comes_first(table):
    assert list(dict.fromkeys(table["variant"].to_pylist())) == ["fit", "best", "some", "plain"]


def test_a_filter_is_compared_with_as_many_at_random(table):
    rows = table.to_pandas()
    (control,) = rows[rows["is_control"]].to_dict("records")
    assert (control["variant"], control["over"]) == ("fit", "some")
    assert control["gain"] == pytest.approx(0.08)


def test_costs_are_of_all_that_is_chosen_from(table):
    rows = table.to_pandas().drop_duplicates("variant").set_index("variant")
    assert rows["made"].to_dict() == {"fit": 60, "best": 100, "some": 60, "plain": 40}
    assert rows["thrown_away"].to_dict() == {"fit": 30, "best": 45, "some": 30, "plain": 0}
    # Those of best are of both: 40 with 50 steps and 60 with 20, for 55 images.
    steps = {"fit": 40, "best": 3200 / 55, "some": 40, "plain": 50}
    assert rows["denoising_steps"].to_dict() == pytest.approx(steps)
    assert rows["derived"].to_dict() == {"fit": True, "best": True, "some": True, "plain": False}


def test_what_images_made_elsewhere_cost_nobody_knows():
    table = gains_table(DIFFERENCES, IMAGES, ORIGINS, {"plain": 50}, "long", {})
    steps = table.to_pandas().drop_duplicates("variant").set_index("variant")["denoising_steps"]
    assert steps["plain"] == 50
    assert steps[["fit", "best", "some"]].isna().all()


def test_columns_say_what_they_mean(table, tmp_path):
    write_with_csv(table, tmp_path / "gains.parquet", {})
    described = metadata_of_columns(tmp_path / "gains.parquet")
    assert list(described) == list(COLUMNS)
    assert all(each["description"] for each in described.values())


OF_CLASSES = pd.DataFrame(
    [
        {
            "class_id": class_id,
            "variant": "fit",
            "over": "long",
            "is_control": False,
            "encoder": None,
            "classifier": "resnet",
            "measure": "top1",
            "images": 40,
            **{f"gain{end}": 0.1 for end in ("", "_low", "_high")},
            "q_value": 0.01,
            "found": True,
        }
        for class_id in "co"
    ]
)

FACTS = Facts(
    study="t",
    description="",
    encoder="clip",
    classes=[Class("c", "<crane>", ""), Class("o", "owl", "")],
    variants=[
        Variant(
            name,
            None if name in ("fit", "some", "best") else "sd",
            None,
            None,
            Made({"images": f"of {name}"}, {}),
        )
        for name in ORIGINS
    ],
    named_classes=[],
    n=5,
    text="",
    baseline="long",
    chooses=True,
)


def test_the_page_names_what_helps_and_escapes_names(table):
    choice = {
        "accuracy": 0.8,
        "accuracy_low": 0.7,
        "accuracy_high": 0.9,
        "shrunk": 0.1,
        "shrunk_low": 0.0,
        "shrunk_high": 0.2,
    }
    rows = [("c", "plain", True), ("c", "long", False), ("o", "long", True), ("o", "plain", False)]
    choices = pd.DataFrame(
        [
            {
                "selected": "best",
                "class_id": class_id,
                "variant": variant,
                "chosen": chosen,
                "best_overall": variant == "long",
                **choice,
            }
            for class_id, variant, chosen in rows
        ]
    )
    text = " ".join(gains_section(FACTS, table.to_pandas(), OF_CLASSES, choices).split())
    assert "Decidedly better than long: in classifier top-1 fit; in 5-NN accuracy fit." in text
    assert "<b>+0.050<br>" in text
    assert "1 of 2 classes take long" in text
    assert "&lt;crane&gt;" in text
    assert "<crane>" not in text
    assert "of fit" in text
    assert "of plain" not in text
    assert "Class by class" in text


def test_where_nothing_helps_the_page_says_so():
    rows = pd.DataFrame([difference("long", "some", -0.03), difference("long", "best", 0.005)])
    table = gains_table(rows, IMAGES, ORIGINS, STEPS, "long", {})
    text = gains_section(FACTS._replace(chooses=False), table.to_pandas(), OF_CLASSES, None)
    assert "Nothing is decidedly better than long." in text
    assert "as many at random</th>" not in text
