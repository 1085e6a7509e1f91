"""The page of sweeps says what the tables say, and only where there is a sweep."""

import html
import re

import pandas as pd
import pytest
from markupsafe import Markup
from reported import facts, with_interval

from synthgap.report.facts import Variant
from synthgap.report.page import Page, Section
from synthgap.report.sections.guidance import SHOWN, guidance_data, guidance_section
from synthgap.report.study_data import study_data

SCALES = (1.0, 2.5, 7.5)


def swept(classes=("crane", "owl")):
    made = [Variant(f"disamb-{scale:g}", "sd15", "disamb", scale) for scale in SCALES]
    return facts(classes)._replace(variants=made)


def guidance(classes, name="crane"):
    rows = []
    for measure, encoder in (("knn_accuracy", "clip"), ("knn_accuracy", "dino"), ("top1", None)):
        for place, class_id in enumerate([None, *classes]):
            rows.append(
                {
                    "encoder": encoder,
                    "classifier": None if encoder else "resnet",
                    "generator": "sd15",
                    "prompts": "disamb",
                    "measure": measure,
                    "class_id": class_id,
                    "name": name if class_id else None,
                    "chosen_on": "natural-train" if encoder else "half of natural-val",
                    "scale": 2.5 if place else 1.0,
                    "scale_low": 1.0,
                    "scale_high": 7.5,
                    "how_often": 0.62,
                    "reference_scale": 1.0 if place else 2.5,
                    **with_interval("accuracy_where_chosen", 0.81),
                    **with_interval("accuracy", 0.75),
                    **with_interval("minus_reference", 0.034 if encoder else -0.034),
                    **with_interval("per_class_gain", None if class_id else 0.012),
                }
            )
    return pd.DataFrame(rows)


def frontier(classes, adherence=0.9):
    return pd.DataFrame(
        [
            {
                "encoder": encoder,
                "generator": "sd15",
                "prompts": "disamb",
                "source": f"disamb-{scale:g}",
                "guidance_scale": scale,
                "class_id": class_id,
                "on_frontier": None if adherence is None else scale < 7,
                "how_often": None if adherence is None or class_id else scale / 10,
                **with_interval("adherence", adherence),
                **with_interval("centroid_distance", scale / 100),
                **with_interval("centroid_accuracy", None),
                **with_interval("knn_accuracy", 0.7),
                **with_interval("top1", None),
            }
            for encoder in ("clip", "dino")
            for class_id in [None, *classes]
            for scale in SCALES
        ]
    )


def seen(markup):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def test_says_what_was_chosen_and_what_it_is_worth():
    text = seen(guidance_section(swept(), guidance(["crane", "owl"]), frontier(["crane", "owl"])))
    for words in (
        "sd15, disamb: the best guidance scale",
        "5-NN accuracy (clip) natural-train 1 [1, 7.5] 62 % 0.810 [0.710, 0.910] "
        "0.750 [0.650, 0.850] +0.034 [−0.066, +0.134] +0.012 [−0.088, +0.112]",
        "classifier top-1 (resnet) half of natural-val",
        "2.5 yes in 25 % 0.900 [0.800, 1.000] 0.025",
        "7.5 no in 75 %",
        "By 5-NN accuracy in the space of clip; all classes together choose 1.",
        # Of two classes of one name the id says which one is meant.
        "crane (owl) 2.5 [1, 7.5]",
    ):
        assert words in text, words
    # An accuracy that nothing has is no column.
    assert "centroid accuracy" not in text.replace("centroid accuracy (", "")


def test_a_scale_is_not_compared_with_itself():
    table = guidance(["crane", "owl"]).assign(scale=2.5, reference_scale=2.5)
    text = seen(guidance_section(swept(), table, frontier(["crane", "owl"])))
    assert "0.750 [0.650, 0.850] the same" in text
    assert "+0.034" not in text


def test_names_are_text_and_many_classes_stay_in_the_table():
    hostile = "<script>alert(1)</script>"
    classes = [f"n{number}" for number in range(200)]
    markup = guidance_section(swept(classes), guidance(classes, hostile), frontier(classes))
    assert "<script" not in markup
    assert seen(markup).count(hostile) == SHOWN
    assert f"The first {SHOWN} of 200 classes" in seen(markup)
    assert len(markup) < 60_000


def test_the_script_has_every_scale_of_every_class():
    (found,) = guidance_data(swept(), guidance(["crane", "owl"]), frontier(["crane", "owl"]))
    assert list(found["classes"]) == ["-1", "0", "1"]
    assert [name for name, _ in found["measures"]] == [
        "adherence",
        "centroid_distance",
        "knn_accuracy",
    ]
    scale, on_frontier, adherence, distance, _ = found["classes"]["1"][2]
    assert (scale, on_frontier) == (7.5, 0)
    assert adherence == pytest.approx([0.9, 0.8, 1.0])
    assert distance[0] == 0.075
    # Of the headline encoder and of classifiers.
    assert [row for row in found["best"] if row[0] == 1] == [
        [1, "knn_accuracy", 2.5],
        [1, "top1", 2.5],
    ]


def test_without_adherence_there_is_no_frontier():
    text = seen(guidance_section(swept(), guidance(["crane"]), frontier(["crane"], None)))
    assert "on the frontier" not in text


def test_a_study_without_a_sweep_has_nothing_of_it(tmp_path):
    nothing = Markup()
    page = Page(facts(), [], [], [], None, None, {}, [], [], nothing, [], "1")
    texts = []
    for sections in ([], [Section("guidance", "Guidance", "", nothing)]):
        page._replace(sections=sections).write(tmp_path / "index.html")
        texts.append((tmp_path / "index.html").read_text())
    assert ["app/guidance.js" in text for text in texts] == [False, True]
    variants = pd.DataFrame({"encoder": ["clip"], "source": ["made"], "n": [5]})
    differences = pd.DataFrame(
        {name: [] for name in ("encoder", "classifier", "measure", "source", "other")}
    )
    for study, known in ((facts(), False), (swept(), True)):
        data = study_data(study, variants, differences, {}, None, [])
        assert ("sweeps" in data) == known
    assert data["sweeps"] == [("sd15, disamb", [(f"disamb-{scale:g}", scale) for scale in SCALES])]
