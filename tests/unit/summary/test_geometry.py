"""Sentences on prompts and images follow the columns, and tell in sample from held out."""

import math

import pandas as pd
import pytest

from synthgap.summary.geometry import geometry

COLUMNS = (
    "separable_in_sample",
    "hard_margin",
    "random_labels_separable",
    "linear_separability",
    "modality_gap",
    "separability_without_gap",
)


def row(source="made", *, encoder="clip", **values):
    """A row of the summary: separable, random groups not, held out and shape decided."""
    found = {
        "separable_in_sample": 1.0,
        "hard_margin": 0.031,
        "random_labels_separable": (0.0, 0.0, 0.161),
        "linear_separability": (0.9, 0.8, 1.0),
        "modality_gap": (0.85, 0.8, 0.9),
        "separability_without_gap": (0.7, 0.6, 0.8),
        **values,
    }
    cells = {"encoder": encoder, "source": source}
    for name, value in found.items():
        ends = value if isinstance(value, tuple) else (value, math.nan, math.nan)
        cells |= dict(zip((name, f"{name}_low", f"{name}_high"), ends, strict=True))
    return cells


def natural(encoder="clip"):
    return row("natural-train", encoder=encoder, **dict.fromkeys(COLUMNS, math.nan))


def said(*rows, encoder="clip"):
    return geometry(pd.DataFrame([natural(encoder), *rows]), encoder)


def about(text, *rows):
    """The only sentence with a text in it."""
    (found,) = [sentence for sentence in said(*rows) if text in sentence]
    return found


def test_each_of_the_four_has_its_sentence_with_numbers():
    sample, held_out, gap, shape = said(row())
    assert sample.startswith("made: a hyperplane tells all prompts from all images of the sample")
    assert "0.031 from the widest one" in sample
    assert "0.000 [0.000, 0.161] can be told apart" in sample
    assert "0.900 [0.800, 1.000] are told right" in held_out
    assert ": a direction holds beyond the classes" in held_out
    assert "0.850 [0.800, 0.900] apart" in gap
    assert "nothing of the nearest ones" in gap
    assert "0.700 [0.600, 0.800] right on classes held out" in shape
    assert "they also differ in shape" in shape


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "more than the number of dimensions brings about"),
        (0.05, "that says little"),
        (0.95, "that says little"),
        (1.0, "that says nothing"),
    ],
)
def test_in_sample_is_judged_by_random_groups(share, words):
    found = about("of the sample", row(random_labels_separable=(share, 0.0, 1.0)))
    assert words in found
    assert ("too" in found.split("since")[1]) == (share > 0)


def test_in_sample_alone_says_nothing_of_classes_held_out():
    found = said(row(random_labels_separable=1.0, linear_separability=(0.55, 0.4, 0.7)))
    assert "says nothing" in found[0]
    assert "not decided that a direction holds" in found[1]


def test_without_a_hyperplane_there_is_no_margin():
    found = about("of the sample", row(separable_in_sample=0.0, hard_margin=math.nan))
    assert found.startswith("made: no hyperplane tells all prompts from all images")
    assert "from the widest" not in found
    assert "–" not in found


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ((0.6, 0.51, 0.7), ": a direction holds beyond the classes"),
        ((0.6, 0.5, 0.7), "not decided"),
        ((0.4, 0.3, 0.49), "misleads"),
        ((0.9, math.nan, math.nan), "not decided"),
    ],
)
def test_held_out_is_decided_by_the_interval(ends, words):
    assert words in about("are told right", row(linear_separability=ends))


def test_what_is_left_without_the_gap_is_decided_likewise():
    for ends, words in [
        ((0.5, 0.4, 0.6), "not decided that anything but the distance"),
        ((0.8, 0.7, 0.9), "differ in shape"),
    ]:
        assert words in about("removed", row(separability_without_gap=ends))


def test_variants_that_agree_share_a_sentence_with_their_range():
    rows = [row(f"v{i}", hard_margin=0.03 + 0.01 * i, modality_gap=0.8) for i in range(3)]
    sample, _, gap, _ = said(*rows)
    assert sample.startswith("All variants: ")
    assert "0.030 to 0.050 from the widest one" in sample
    assert "lie 0.800 apart" in gap


def test_variants_that_differ_are_named():
    rows = [row("one"), row("two"), row("three", separable_in_sample=0.0, hard_margin=math.nan)]
    found = said(*rows)
    assert found[0].startswith("one, two: a hyperplane")
    assert found[1].startswith("three: no hyperplane")
    assert len(found) == 5


def test_of_many_it_says_how_many_more():
    odd = row("odd", separable_in_sample=0.0, hard_margin=math.nan)
    found = said(*(row(f"v{i}") for i in range(7)), odd)
    assert found[0].startswith("v0, v1, v2, v3, v4 and 2 more: ")


def test_says_nothing_without_embeddings_of_prompts():
    assert said() == []
    assert geometry(pd.DataFrame([{"encoder": "dino", "source": "made"}]), "dino") == []
    assert said(row(encoder="clip"), encoder="dino") == []


def test_every_sentence_is_one_line_with_a_stop():
    for sentence in said(row(), row("two", linear_separability=(0.4, 0.3, 0.45))):
        assert sentence.endswith(".")
        assert "\n" not in sentence
        assert "{" not in sentence
