"""The first screen: where accuracies stand on their axis, and how many classes have a defect."""

import pandas as pd
import pytest
from reported import facts, with_interval

from synthgap.report.class_rows import accuracy_of
from synthgap.report.verdict_view import lines
from synthgap.summary.causes import DEFECTS
from synthgap.summary.verdict import ACCURACIES

FIRST, SECOND = DEFECTS.keys() if len(DEFECTS) == 2 else list(DEFECTS)[:2]
NO_CAUSES = pd.DataFrame(columns=["source", "cause", "classes", "suffer"])


def variants(**values):
    """Of each source its accuracies, by measure."""
    sources = ["natural-train", "made", "other"]
    return pd.DataFrame(
        {
            "source": source,
            **{
                key: number
                for measure, each in values.items()
                for key, number in with_interval(measure, each[place]).items()
            },
        }
        for place, source in enumerate(sources)
    )


def laid_out(table, causes=NO_CAUSES):
    shown = facts(variants=["made", "other"])
    return lines(shown, table, causes, accuracy_of(table, shown.sources))


def test_accuracies_stand_where_a_ruler_finds_them():
    found, axis = laid_out(variants(knn_accuracy=[0.8, 0.4, 0.6]))
    # Intervals reach from 0.3 to 0.9, and the axis a twentieth of that further.
    assert (axis.name, axis.low, axis.high) == (ACCURACIES["knn_accuracy"], "0.27", "0.93")
    for line, value in zip(found, [0.8, 0.4, 0.6], strict=True):
        place = line.accuracy
        assert place.at == pytest.approx(100 * (value - 0.27) / 0.66, abs=0.01)
        assert place.low == pytest.approx(100 * (value - 0.1 - 0.27) / 0.66, abs=0.01)
        assert place.width == pytest.approx(100 * 0.2 / 0.66, abs=0.02)
    assert axis.band == found[0].accuracy
    assert found[1].accuracy.text == "0.400 [0.300, 0.500]"


@pytest.mark.parametrize("values", [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [0.5, 0.5, 0.5]])
def test_equal_accuracies_without_width_stay_on_the_axis(values):
    table = variants(knn_accuracy=values)
    for end in ("_low", "_high"):
        table[f"knn_accuracy{end}"] = values
    found, axis = laid_out(table)
    assert 0 <= float(axis.low) <= float(axis.high) <= 1
    for line in found:
        assert 0 <= line.accuracy.low <= line.accuracy.at <= 100
        assert line.accuracy.low + line.accuracy.width <= 100


def test_an_interval_that_is_missing_is_the_number_alone():
    table = variants(knn_accuracy=[0.8, 0.4, 0.6])
    table.loc[1, ["knn_accuracy_low", "knn_accuracy_high"]] = None
    found, _ = laid_out(table)
    assert found[1].accuracy.width == 0
    assert found[1].accuracy.low == found[1].accuracy.at


def test_the_best_accuracy_that_every_source_has_is_shown():
    best, other = list(ACCURACIES)[:2]
    whole = [0.8, 0.4, 0.6]
    _, axis = laid_out(variants(**{best: whole, other: whole}))
    assert axis.name == ACCURACIES[best]
    _, axis = laid_out(variants(**{best: [0.8, None, 0.6], other: whole}))
    assert axis.name == ACCURACIES[other]


def test_without_an_accuracy_there_is_no_axis():
    found, axis = laid_out(variants(centroid_shift=[0.1, 0.2, 0.3]))
    assert axis is None
    assert [line.accuracy for line in found] == [None] * 3


def test_natural_images_come_first_and_have_no_defects():
    found, _ = laid_out(variants())
    assert [(line.source, line.natural) for line in found] == [
        ("natural-train", True),
        ("made", False),
        ("other", False),
    ]
    assert found[0].bars == []
    assert [bar.cause for bar in found[1].bars] == list(DEFECTS)


def test_bars_count_classes_and_say_where_nothing_was_measured():
    causes = pd.DataFrame(
        [["made", FIRST, 8, 2], ["made", SECOND, 0, 0], ["other", FIRST, 3, 3]],
        columns=["source", "cause", "classes", "suffer"],
    )
    _, made, other = laid_out(variants(), causes)[0]
    first, second, *rest = made.bars
    assert (first.said, first.percent, first.measured) == ("2 of 8", 25.0, True)
    assert first.text.startswith("2 of 8 ")
    for bar in (second, *rest):
        assert (bar.said, bar.percent, bar.measured) == ("–", 0.0, False)
    assert (other.bars[0].said, other.bars[0].percent) == ("3 of 3", 100.0)


def test_bars_of_replicates_tell_classes_of_all_from_those_of_any():
    causes = pd.DataFrame(
        [["made", FIRST, 8, 2, 5], ["other", FIRST, 3, 3, 3]],
        columns=["source", "cause", "classes", "suffer", "ever"],
    ).assign(replicates=5, unit="trainings")
    _, made, other = laid_out(variants(), causes)[0]
    assert (made.bars[0].said, made.bars[0].percent) == ("2–5 of 8", 25.0)
    assert made.bars[0].text.endswith("in all 5 trainings, 5 in any")
    assert other.bars[0].said == "3 of 3"
