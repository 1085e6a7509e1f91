"""Cards say what the tables say, and Hugging Face's own reader takes their front matter."""

import math

import pandas as pd
import pytest
from huggingface_hub import DatasetCard

from synthgap.summary.card import Made, card, study_card

MADE = Made(
    {"model": "owner/name@abc", "guidance scale": "7.5"}, {"digit-6": ["a `loop`", "a\nloop"]}
)


def row(source, encoder="clip", **measures):
    cells = {"encoder": encoder, "source": source, "images": 1500, "n": 40, "classifier": "resnet"}
    for name, (value, low, high) in measures.items():
        cells |= {name: value, f"{name}_low": low, f"{name}_high": high}
    return cells


VARIANTS = pd.DataFrame(
    [
        row(
            source,
            encoder,
            centroid_distance=(0.0012 + step, 0.0011, 0.0013),
            knn_accuracy=(0.9 - step, 0.8, 0.95),
            top1=(0.8 - step, 0.7, 0.85),
        )
        for encoder in ("clip", "dino")
        for step, source in (
            (0, "natural-train"),
            (0.01, "natural-val"),
            (0.125, "made"),
            (0.25, "worse|one"),
        )
    ]
)
APART = {"made": 0.125, "worse|one": 0.25}
DIFFERENCES = pd.DataFrame(
    [
        {
            "encoder": None if measure == "top1" else encoder,
            "classifier": "resnet" if measure == "top1" else None,
            "measure": measure,
            "source": "natural-train",
            "other": other,
            "difference": -apart,
            "difference_low": -apart - 0.05,
            "difference_high": -apart + 0.05,
        }
        for measure in ("top1", "knn_accuracy")
        for encoder in (["clip"] if measure == "top1" else ["clip", "dino"])
        for other, apart in APART.items()
    ]
)
CAUSES = pd.DataFrame(
    [
        {"encoder": encoder, "source": source, "cause": cause, "classes": classes, "suffer": suffer}
        for encoder in ("clip", "dino")
        for source in APART
        for cause, classes, suffer in (
            ("ambiguity", 10, 2),
            ("adherence", 0, 0),
            ("diversity", 10, 10),
            ("concept", 10, 0),
        )
    ]
)


LEAKS = pd.DataFrame(
    [
        {
            "source": source,
            "images": 1490,
            "near_duplicates": near,
            "originals": near,
            "expected": 0.4,
            "expected_low": 0.0,
            "expected_high": 2.0,
            "decided": decided,
        }
        for source, near, decided in (("made", 1, False), ("worse|one", 1200, True))
    ]
)


def of(source, made=MADE, study="miniature"):
    return card(
        source,
        study=study,
        classes=10,
        variants=VARIANTS,
        differences=DIFFERENCES,
        causes=CAUSES,
        leaks=LEAKS,
        made=made,
    )


@pytest.mark.parametrize("study", ["miniature", 'a: "b"\n# c', "é"])
def test_the_front_matter_is_what_hugging_face_reads(study):
    data = DatasetCard(of("made", study=study), ignore_metadata_errors=False).data
    assert data.pretty_name == f"made ({study})"
    assert data.tags == ["synthetic"]
    assert data.task_categories == ["image-classification"]
    assert data.size_categories == ["1K<n<10K"]
    assert data.configs[0]["data_files"] == [{"split": "train", "path": "data/train-*.parquet"}]
    assert data.license is None


def test_a_variant_has_its_verdict_its_gaps_and_its_defects():
    text = of("made")
    assert "**made: 0.125 [0.075, 0.175] below natural images in classifier top-1; in 2 of" in text
    assert (
        "| classifier top-1 | 0.675 [0.700, 0.850] | 0.800 [0.700, 0.850] | "
        "−0.125 [−0.175, −0.075] |" in text
    )
    assert "| made | 2 of 10 | – | 10 of 10 | 0 of 10 |" in text
    assert "worse" not in text
    for encoder in ("clip", "dino"):
        assert f"In the space of the encoder `{encoder}`, 40 images a class measured" in text
    # Trained on pictures and not in the space of one encoder, yet beside both.
    assert text.count("| classifier top-1 |") == 2


def test_small_distances_have_as_many_digits_as_they_need():
    small = VARIANTS.assign(centroid_distance=0.000423)
    text = card(
        "made",
        study="s",
        classes=10,
        variants=small,
        differences=DIFFERENCES,
        causes=CAUSES,
        leaks=LEAKS,
        made=MADE,
    )
    assert "| centroid distance | 0.000423 [0.001100, 0.001300] |" in text


def test_copies_of_natural_images_stand_beside_chance():
    assert (
        "1 of 1490 different images are near-duplicates of 1 natural-train image of their class, "
        "where chance gives 0.4 [0, 2]: not decidedly more." in of("made")
    )
    copying = of("worse|one")
    assert "1200 of 1490 different images" in copying
    assert "where chance gives 0.4 [0, 2]: more than chance gives." in copying


def test_how_it_was_made_and_what_is_not_claimed_stand_in_it():
    text = of("made")
    assert "- guidance scale: `7.5`" in text
    assert "- prompt of `digit-6`: `` a `loop` ``" in text
    assert "- prompt of `digit-6`: `a loop`" in text
    assert "not an upper bound" in text
    assert "arXiv:2311.00056" in text
    assert "The study does not say." in of("made", Made({}, {}))


def test_a_measure_that_was_not_made_has_no_row():
    text = card(
        "made",
        study="s",
        classes=10,
        variants=VARIANTS.assign(top1=math.nan),
        differences=DIFFERENCES.iloc[:0],
        causes=CAUSES,
        leaks=LEAKS,
        made=MADE,
    )
    assert "| classifier top-1 |" not in text
    assert "| 5-NN accuracy | 0.775 [0.800, 0.950] | 0.900 [0.800, 0.950] | – |" in text


class TestStudyCard:
    text = study_card(
        study="miniature",
        description="Digits, and *more*.",
        classes=10,
        variants=VARIANTS,
        differences=DIFFERENCES,
        causes=CAUSES,
        made={"made": MADE, "worse|one": Made({"model": "other"}, {})},
    )

    def test_has_every_source_in_one_table(self):
        for source in ("natural-train", "natural-val", "made", r"worse\|one"):
            assert self.text.count(f"\n| {source} | 1500 |") == 2

    def test_has_the_whole_verdict(self):
        assert "- Not decided: made or worse\\|one comes closest to natural images" in self.text
        assert "\n- made: 0.125" in self.text
        assert "\n- worse\\|one: 0.250" in self.text
        assert "Not measured: ignores the prompt." in self.text

    def test_says_of_each_variant_how_it_was_made(self):
        assert "### made\n\n- model: `owner/name@abc`" in self.text
        assert "### worse\\|one\n\n- model: `other`" in self.text

    def test_is_plain_markdown_without_front_matter(self):
        assert self.text.startswith("# miniature\n\nDigits, and \\*more\\*.\n")
