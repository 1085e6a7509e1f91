"""Sentences follow the intervals: decided where these leave zero out, and else not."""

import math

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from synthgap.summary.causes import NAMES
from synthgap.summary.verdict import LISTED, verdict

NAN = (math.nan, math.nan, math.nan)
WORSE, SAME, BETTER = (-0.2, -0.3, -0.1), (0.01, -0.02, 0.04), (0.2, 0.1, 0.3)
"""Decidedly lower than natural images, not decided, decidedly higher."""


def variants(*sources, classifier=None):
    names = ["natural-train", "natural-val", *(sources or ["made"])]
    return pd.DataFrame({"encoder": "clip", "source": names, "classifier": classifier})


def differences(rows):
    """Of (measure, source, other) how much higher the other is, and the ends of the interval."""
    return pd.DataFrame(
        [
            {
                "encoder": None if measure == "top1" else "clip",
                "classifier": "resnet" if measure == "top1" else None,
                "measure": measure,
                "source": source,
                "other": other,
                "difference": value,
                "difference_low": low,
                "difference_high": high,
            }
            for (measure, source, other), (value, low, high) in rows.items()
        ],
        columns=[
            *("encoder", "classifier", "measure", "source", "other"),
            *("difference", "difference_low", "difference_high"),
        ],
    )


def of_made(**measures):
    """Differences of one variant from the natural images, which natural-val has, too."""
    return differences(
        {
            (measure, source, "made"): ends
            for measure, ends in measures.items()
            for source in ("natural-train", "natural-val")
        }
    )


def causes(source="made", **suffer):
    return pd.DataFrame(
        [
            {"encoder": "clip", "source": source, "cause": cause, "classes": all_, "suffer": some}
            for cause, (some, all_) in suffer.items()
        ],
        columns=["encoder", "source", "cause", "classes", "suffer"],
    )


NO_CAUSES = causes()


ONE = variants()


def said(differences, causes=NO_CAUSES, variants=ONE):
    """What is said of the one variant."""
    first, *_ = verdict(variants, differences, causes, "clip")
    return first


class TestVariant:
    def test_how_far_below_natural_images_and_in_how_many_classes_what_is_wrong(self):
        text = said(
            of_made(knn_accuracy=(-0.165, -0.2, -0.1)),
            causes(ambiguity=(2, 10), adherence=(0, 10), diversity=(10, 10), concept=(3, 10)),
        )
        assert text == (
            "made: 0.165 [0.100, 0.200] below natural images in 5-NN accuracy; in 2 of 10 classes "
            "its prompt is ambiguous, in 10 its images are too alike, in 3 off target."
        )

    def test_each_defect_has_its_clause(self):
        each = {
            "ambiguity": "made: in 1 of 4 classes its prompt is ambiguous.",
            "adherence": "made: in 1 of 4 classes its images ignore the prompt.",
            "diversity": "made: in 1 of 4 classes its images are too alike.",
            "concept": "made: in 1 of 4 classes its images are off target.",
        }
        assert set(each) == set(NAMES)
        for cause, text in each.items():
            assert said(differences({}), causes(**{cause: (1, 4)})) == text

    def test_other_numbers_of_classes_are_said(self):
        text = said(differences({}), causes(adherence=(1, 3), diversity=(1, 4), concept=(2, 4)))
        assert text == (
            "made: in 1 of 3 classes its images ignore the prompt, in 1 of 4 classes its images "
            "are too alike, in 2 off target."
        )

    def test_what_holds_zero_is_not_decided(self):
        text = said(of_made(knn_accuracy=(-0.01, -0.03, 0.01)), causes(diversity=(0, 4)))
        assert text == (
            "made: not decided whether below natural images in 5-NN accuracy "
            "(−0.010 [−0.030, +0.010]); no defect is decided in any of 4 classes."
        )

    @given(st.lists(st.floats(-1, 1), min_size=3, max_size=3).map(sorted))
    def test_it_is_decided_if_and_only_if_zero_lies_outside(self, ends):
        low, value, high = ends
        assume(low < high)
        text = said(of_made(knn_accuracy=(value, low, high)))
        assert ("not decided" in text) == (low <= 0 <= high)
        assert ("] above" in text) == (low > 0)
        assert ("] below" in text) == (high < 0)

    def test_a_difference_without_an_interval_decides_nothing(self):
        assert "not decided" in said(of_made(knn_accuracy=(0.2, math.nan, math.nan)))
        assert said(of_made(knn_accuracy=NAN)) == "made: nothing could be measured."

    def test_what_only_all_classes_together_decide_is_said_so(self):
        nothing = causes(diversity=(0, 4), concept=(0, 4))
        text = said(of_made(centroid_distance=WORSE, centroid_shift=BETTER), nothing)
        assert text == (
            "made: over all classes together its images are too alike and off target, "
            "though in no single one decidedly."
        )
        # Neither more diverse nor closer than natural images is a defect.
        text = said(of_made(centroid_distance=BETTER, centroid_shift=WORSE), nothing)
        assert text == "made: no defect is decided in any of 4 classes."
        # What single classes show already needs no second word.
        text = said(of_made(centroid_distance=WORSE), causes(diversity=(1, 4), concept=(0, 4)))
        assert text == "made: in 1 of 4 classes its images are too alike."

    @pytest.mark.parametrize(
        ("measures", "title"),
        [
            (
                {"knn_accuracy": WORSE, "top1": WORSE, "centroid_accuracy": WORSE},
                "classifier top-1",
            ),
            ({"knn_accuracy": WORSE, "top1": NAN, "centroid_accuracy": WORSE}, "5-NN accuracy"),
            ({"knn_accuracy": NAN, "centroid_accuracy": WORSE}, "centroid accuracy"),
            # As where there is but one class: every image is put right.
            ({"knn_accuracy": (0.0, 0.0, 0.0), "centroid_accuracy": WORSE}, "centroid accuracy"),
        ],
    )
    def test_it_speaks_of_the_first_accuracy_that_there_is(self, measures, title):
        text = said(of_made(**measures), variants=variants(classifier="resnet"))
        assert text == f"made: 0.200 [0.100, 0.300] below natural images in {title}."

    def test_the_classifier_is_the_one_beside_the_measures(self):
        text = said(of_made(top1=WORSE), variants=variants(classifier="other"))
        assert text == "made: nothing could be measured."

    def test_another_encoder_is_not_spoken_of(self):
        found = of_made(knn_accuracy=WORSE).assign(encoder="dino")
        assert said(found, causes(concept=(1, 2)).assign(encoder="dino")) == (
            "made: nothing could be measured."
        )


def ranking(rows, *sources):
    """The first sentence, or None where nothing is ranked."""
    first, *_ = verdict(
        variants(*sources, classifier="resnet"), differences(rows), NO_CAUSES, "clip"
    )
    return None if first.startswith(f"{sources[0]}: ") else first


FROM_NATURAL = {
    ("top1", "natural-train", "a"): (-0.3, -0.4, -0.2),
    ("top1", "natural-train", "b"): (-0.1, -0.2, -0.05),
}


class TestRanking:
    def test_the_highest_comes_closest_if_it_is_decidedly_above_the_next(self):
        assert ranking({**FROM_NATURAL, ("top1", "a", "b"): (0.2, 0.1, 0.3)}, "a", "b") == (
            "b comes closest to natural images in classifier top-1; the next is a, lower by "
            "0.200 [0.100, 0.300]."
        )

    def test_the_order_of_the_study_decides_nothing(self):
        assert ranking({**FROM_NATURAL, ("top1", "b", "a"): (-0.2, -0.3, -0.1)}, "b", "a") == (
            "b comes closest to natural images in classifier top-1; the next is a, lower by "
            "0.200 [0.100, 0.300]."
        )

    def test_an_interval_that_holds_zero_leaves_it_open(self):
        assert ranking({**FROM_NATURAL, ("top1", "a", "b"): (0.2, -0.1, 0.5)}, "a", "b") == (
            "Not decided: b or a comes closest to natural images in classifier top-1 (b minus a: "
            "+0.200 [−0.100, +0.500])."
        )

    @given(st.lists(st.floats(-1, 1), min_size=3, max_size=3).map(sorted))
    def test_it_is_decided_if_and_only_if_zero_lies_outside(self, ends):
        low, value, high = ends
        assume(low < high)
        found = ranking({**FROM_NATURAL, ("top1", "a", "b"): (value, low, high)}, "a", "b")
        assert found is not None
        assert found.startswith("b comes closest") == (low > 0)
        assert found.startswith("Not decided: b or a") == (low <= 0)

    def test_all_that_cannot_be_told_from_the_first_are_named(self):
        rows = {
            **FROM_NATURAL,
            ("top1", "natural-train", "c"): (-0.09, -0.2, -0.05),
            ("top1", "a", "b"): (0.2, 0.1, 0.3),
            ("top1", "a", "c"): (0.21, 0.1, 0.3),
            ("top1", "b", "c"): (0.01, -0.1, 0.1),
        }
        assert ranking(rows, "a", "b", "c") == (
            "Not decided: c or b comes closest to natural images in classifier top-1 (c minus b: "
            "+0.010 [−0.100, +0.100])."
        )

    def test_of_many_it_says_how_many(self):
        names = [f"v{number}" for number in range(9)]
        rows = {("knn_accuracy", "natural-train", name): SAME for name in names}
        found = ranking(rows, *names)
        assert found is not None
        assert f"Not decided: v0, v1, v2, v3, v4 or {9 - LISTED} more comes closest" in found

    def test_a_variant_above_natural_images_is_not_called_close(self):
        rows = {
            ("knn_accuracy", "natural-train", "a"): (-0.1, -0.2, -0.05),
            ("knn_accuracy", "natural-train", "b"): BETTER,
            ("knn_accuracy", "a", "b"): (0.3, 0.2, 0.4),
        }
        assert str(ranking(rows, "a", "b")).startswith("b does better than natural images in 5-NN")

    def test_variants_are_ranked_by_what_all_of_them_have(self):
        rows = {
            ("top1", "natural-train", "a"): WORSE,
            **{("knn_accuracy", "natural-train", name): WORSE for name in "ab"},
            ("knn_accuracy", "a", "b"): (0.1, 0.05, 0.2),
        }
        assert "in 5-NN accuracy" in str(ranking(rows, "a", "b"))

    def test_one_that_is_always_right_is_ranked_and_a_measure_where_all_are_is_not(self):
        exact = (0.0, 0.0, 0.0)
        rows = {
            ("knn_accuracy", "natural-train", "a"): exact,
            ("knn_accuracy", "natural-train", "b"): WORSE,
            ("knn_accuracy", "a", "b"): WORSE,
        }
        assert str(ranking(rows, "a", "b")).startswith("a comes closest")
        assert ranking(dict.fromkeys(rows, exact), "a", "b") is None

    def test_one_variant_is_not_ranked(self):
        assert ranking({("top1", "natural-train", "a"): WORSE}, "a") is None

    def test_nothing_measured_ranks_nothing(self):
        assert ranking({}, "a", "b") is None


class TestNotMeasured:
    def last(self, *tables):
        names = [str(table["source"].iloc[0]) for table in tables]
        return verdict(variants(*names), differences({}), pd.concat(tables), "clip")[-1]

    def test_a_defect_that_could_not_be_looked_for_is_named_and_not_absent(self):
        text = self.last(causes(ambiguity=(0, 0), adherence=(0, 0), diversity=(1, 1)))
        assert text == "Not measured: ambiguous prompt, ignores the prompt."

    def test_the_variants_are_named_where_it_is_not_all(self):
        text = self.last(causes("a", adherence=(0, 0)), causes("b", adherence=(1, 2)))
        assert text == "Not measured: ignores the prompt (a)."

    def test_nothing_is_said_where_all_was_measured(self):
        assert self.last(causes(adherence=(0, 2))).startswith("made: ")


class TestReplicates:
    """Of tables over replicates, which say how many there are and how many agree."""

    @staticmethod
    def over(table, agreeing=2):
        return table.assign(agreeing=agreeing, replicates=5, unit="trainings")

    def said(self, differences, suffer, variants=ONE, **ever):
        counted = causes(**suffer)
        counted["ever"] = [ever.get(cause, some) for cause, (some, _) in suffer.items()]
        return verdict(variants, self.over(differences), self.over(counted), "clip")

    def test_a_difference_is_told_with_how_many_decide_it_alone(self):
        said = self.said(of_made(knn_accuracy=WORSE), {"diversity": (3, 10)})
        assert said == [
            "made: 0.200 [0.100, 0.300] below natural images in 5-NN accuracy (decided in 2 of 5 "
            "trainings); in all 5 trainings in 3 of 10 classes its images are too alike.",
            "Numbers are means over 5 trainings, which intervals cover beside the draw of images.",
        ]

    def test_what_both_do_not_decide_is_not_decided_whatever_single_ones_say(self):
        first, *_ = self.said(of_made(knn_accuracy=SAME), {})
        assert first == (
            "made: not decided whether below natural images in 5-NN accuracy (+0.010 [−0.020, "
            "+0.040]; decided in 2 of 5 trainings)."
        )

    def test_a_defect_that_only_some_find_is_told_apart(self):
        first, *_ = self.said(
            of_made(), {"diversity": (3, 10), "concept": (0, 10)}, diversity=4, concept=2
        )
        assert first == (
            "made: in all 5 trainings in 3 of 10 classes its images are too alike; in some but "
            "not all of 5 trainings in 1 of 10 classes its images are too alike, in 2 off target."
        )

    def test_no_defect_in_any(self):
        first, *_ = self.said(of_made(), {"diversity": (0, 10)})
        assert first == "made: no defect is decided in any of 10 classes, in any of 5 trainings."

    def test_a_ranking_says_how_many_decide_it(self):
        table = differences(
            {
                ("knn_accuracy", "natural-train", "good"): SAME,
                ("knn_accuracy", "natural-train", "bad"): WORSE,
                ("knn_accuracy", "good", "bad"): WORSE,
            }
        )
        first, *_ = self.said(table, {}, variants("good", "bad"))
        assert first == (
            "good comes closest to natural images in 5-NN accuracy; the next is bad, lower by "
            "0.200 [0.100, 0.300] (decided in 2 of 5 trainings)."
        )
