"""What a finished study answers in a terminal: the verdict first, then the table and the places."""

import pandas as pd
import pytest

from synthgap.command_line.headline import WIDTH, answer_of
from synthgap.summary.causes import NAMES

LONG = "a-variant-with-a-long-name"


@pytest.fixture
def results(tmp_path):
    """The tables of a study of two encoders and two variants."""
    sources, folder = ["natural-train", "natural-val", "made", LONG], tmp_path / "summary"
    folder.mkdir()
    tables = {
        "variants": [
            {"encoder": encoder, "source": source, "n": 5, "images": 7, "knn_accuracy": 0.5}
            for encoder in ("clip", "dino")
            for source in sources
        ],
        "differences": [
            {
                "encoder": encoder,
                "classifier": None,
                "measure": "knn_accuracy",
                "source": source,
                "other": other,
                "difference": -0.2,
                "difference_low": -0.3,
                "difference_high": -0.1,
            }
            for encoder in ("clip", "dino")
            for place, source in enumerate(sources)
            for other in sources[place + 1 :]
        ],
        "causes": [
            {"encoder": encoder, "source": source, "cause": cause, "classes": 10, "suffer": 2}
            for encoder in ("clip", "dino")
            for source in sources[2:]
            for cause in NAMES
        ],
    }
    for name, rows in tables.items():
        pd.DataFrame(rows).to_parquet(folder / f"{name}.parquet")
    return tmp_path


def test_of_each_encoder_the_verdict_stands_above_the_table(results):
    text = answer_of(results)
    marks = [
        "As clip sees the images:\nmade comes closest to natural",
        "made: 0.200 [0.100, 0.300] below natural images in 5-NN accuracy",
        "clip, 5 images a class measured, [95 % interval]\n\nsource ",
        "As dino sees the images:\nmade comes closest to natural",
        "dino, 5 images a class measured, [95 % interval]\n\nsource ",
        f"\n\nTables: {results / 'summary'}",
    ]
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)


def test_sentences_are_wrapped_at_the_width_and_not_within_words(results):
    sentences = answer_of(results).split("\n\n")[0].strip().splitlines()[1:]
    assert max(map(len, sentences)) <= WIDTH
    whole = " ".join(line.strip() for line in sentences)
    assert f"{LONG}: 0.200 [0.100, 0.300] below" in whole
    assert "in 2 of 10 classes its prompt is ambiguous, in 2 its images ignore the prompt" in whole
    # A sentence begins at the margin, and only there.
    beginnings = [line.split()[0] for line in sentences if line[0] != " "]
    assert beginnings == ["made", "made:", f"{LONG}:"]


def test_one_encoder_has_no_heading_of_its_own(results):
    path = results / "summary/variants.parquet"
    table = pd.read_parquet(path)
    table[table["encoder"] == "clip"].to_parquet(path)
    assert answer_of(results).startswith("\nmade comes closest")


@pytest.mark.parametrize("missing", ["differences", "causes"])
def test_without_what_a_verdict_needs_there_is_the_table_alone(results, missing):
    (results / f"summary/{missing}.parquet").unlink()
    assert answer_of(results).startswith("\nclip, 5 images a class measured")


def test_the_report_is_named_where_it_is_made(results):
    assert "Report" not in answer_of(results)
    (results / "report.zip").touch()
    (results / "report").mkdir()
    (results / "report/index.html").touch()
    *_, places = answer_of(results).split("\n\n")
    assert places.splitlines() == [
        f"Report: {results / 'report/index.html'}",
        f"To pass on: {results / 'report.zip'} (unpack it and open report.html)",
        f"Tables: {results / 'summary'}",
    ]


def test_of_replicates_verdict_and_table_speak_of_all(results):
    ends = {"mean": -0.1, "mean_low": -0.2, "mean_high": 0.1}
    rows = [
        {
            "encoder": "clip",
            "classifier": None,
            "measure": "knn_accuracy",
            "source": source,
            "other": other,
            "replicates": 5,
            "unit": "trainings",
            "agreeing": 2,
            **(ends if other else {"mean": 0.7, "mean_low": 0.6, "mean_high": 0.8}),
        }
        for source, other in (("made", None), ("natural-train", "made"))
    ]
    defect = {"encoder": "clip", "source": "made", "class_id": "owl", "cause": "concept"}
    suffering = {"defect": "off target", "unit": "trainings", "replicates": 5, "suffer": 3}
    pd.DataFrame(rows).to_parquet(results / "summary/replicates.parquet")
    pd.DataFrame([{**defect, **suffering}]).to_parquet(
        results / "summary/replicated_defects.parquet"
    )
    text = " ".join(answer_of(results).split())
    assert "made: not decided whether below natural images in 5-NN accuracy" in text
    assert "decided in 2 of 5 trainings" in text
    assert "in some but not all of 5 trainings in 1 of 1 classes its images are off target" in text
    assert "made 7 0.700" in text
