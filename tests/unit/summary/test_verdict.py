"""Sentences follow the intervals: decided where these leave zero out, and else not."""

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from synthgap.summary.verdict import verdict

VARIANTS = pd.DataFrame(
    {
        "encoder": ["clip"] * 3,
        "source": ["natural-train", "natural-val", "made"],
        "classifier": [None] * 3,
    }
)


def differences(**rows):
    return pd.DataFrame(
        [
            {
                "encoder": None if measure == "top1" else "clip",
                "classifier": "resnet" if measure == "top1" else None,
                "measure": measure,
                "source": source,
                "other": "made",
                "difference": value,
                "difference_low": low,
                "difference_high": high,
            }
            for measure, (value, low, high) in rows.items()
            for source in ("natural-train", "natural-val")
        ]
    )


def causes(**suffer):
    return pd.DataFrame(
        [
            {"encoder": "clip", "source": "made", "cause": cause, "classes": all_, "suffer": some}
            for cause, (some, all_) in suffer.items()
        ],
        columns=["encoder", "source", "cause", "classes", "suffer"],
    )


def said(differences, causes, variants=VARIANTS):
    (paragraph,) = verdict(variants, differences, causes, "clip")
    return paragraph


def test_decided_differences_are_said_by_how_much():
    text = said(
        differences(
            centroid_distance=(-0.12, -0.15, -0.09),
            centroid_shift=(0.2, 0.1, 0.3),
            knn_accuracy=(-0.165, -0.2, -0.1),
        ),
        causes(ambiguity=(0, 10), adherence=(0, 0), diversity=(10, 10), concept=(3, 10)),
    )
    assert text == (
        "made is 0.120 [0.090, 0.150] less diverse than natural images (centroid distance), lies "
        "0.200 [0.100, 0.300] further from natural images than these from each other (centroid "
        "shift) and puts 0.165 [0.100, 0.200] less of natural-val right than natural images do "
        "(5-NN accuracy). Class by class: in 10 of 10 classes images are too much alike and in 3 "
        "of 10 classes images lie elsewhere than the natural ones."
    )


def test_what_holds_zero_is_not_decided():
    text = said(differences(centroid_distance=(-0.01, -0.03, 0.01)), causes(diversity=(0, 4)))
    assert text == (
        "made: not decided: whether it is less diverse than natural images (centroid distance "
        "−0.010 [−0.030, +0.010]). No class was found to suffer from diversity."
    )


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=3).map(sorted))
def test_a_sentence_is_decided_if_and_only_if_zero_lies_outside(ends):
    low, value, high = ends
    assume(low < high)
    text = said(differences(centroid_shift=(value, low, high)), causes())
    assert ("not decided" in text) == (low <= 0 <= high)
    assert ("further" in text) == (low > 0)
    assert ("closer" in text) == (high < 0)


def test_a_difference_without_an_interval_decides_nothing():
    nan = float("nan")
    assert "not decided" in said(differences(centroid_shift=(0.2, nan, nan)), causes())
    assert said(differences(centroid_shift=(nan, nan, nan)), causes()) == (
        "made: nothing could be measured."
    )


def test_what_is_the_same_in_every_replicate_is_left_out():
    text = said(differences(centroid_shift=(0.2, 0.1, 0.3), knn_accuracy=(0.0, 0.0, 0.0)), causes())
    assert "5-NN" not in text


@pytest.mark.parametrize("classifier", ["resnet", "other"])
def test_the_classifier_is_the_one_beside_the_measures(classifier):
    variants = VARIANTS.assign(classifier=classifier)
    text = said(differences(top1=(-0.1, -0.2, -0.05)), causes(), variants)
    assert ("trains a classifier that is 0.100 [0.050, 0.200] worse" in text) == (
        classifier == "resnet"
    )


def test_another_encoder_is_not_spoken_of():
    found = differences(centroid_shift=(0.2, 0.1, 0.3)).assign(encoder="dino")
    assert said(found, causes(concept=(1, 2)).assign(encoder="dino")) == (
        "made: nothing could be measured."
    )
