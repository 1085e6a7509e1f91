"""The classes in numbers, and which of them stand first."""

import pandas as pd
import pytest
from reported import facts

from synthgap.report.class_rows import Row, accuracy_of, class_rows, worst_first
from synthgap.summary.causes import DEFECTS
from synthgap.summary.verdict import ACCURACIES

SOURCES = ["natural-train", "made"]


def classes(**columns):
    table = pd.DataFrame(
        {
            "source": ["natural-train", "natural-train", "made", "made"],
            "class_id": ["crane", "owl"] * 2,
            "centroid_distance": [0.4, 0.3, 0.2, 0.1],
            "centroid_shift": [0.1, 0.1, 0.5, 0.6],
        }
    )
    return table.assign(**columns)


def diagnosis(*rows):
    return pd.DataFrame(rows, columns=["source", "class_id", "cause", "suffers"])


def test_the_first_accuracy_that_all_sources_have_is_shown():
    best, *rest = ACCURACIES
    other = rest[0]
    whole = [0.9, 0.8, 0.7, 0.0]
    assert accuracy_of(classes(**{best: whole, other: whole}), SOURCES) == best
    # Of one source alone nothing was measured in the better one.
    part = [0.9, 0.8, None, None]
    assert accuracy_of(classes(**{best: part, other: whole}), SOURCES) == other
    assert accuracy_of(classes(**{best: part}), SOURCES) is None
    assert accuracy_of(classes(**{best: [None] * 4, other: whole}), SOURCES) == other
    assert accuracy_of(classes(), SOURCES) is None


def test_an_accuracy_of_nothing_right_is_one():
    assert accuracy_of(classes(knn_accuracy=[0.0] * 4), SOURCES) == "knn_accuracy"


def test_a_source_that_the_report_does_not_show_decides_no_accuracy():
    table = pd.concat(
        [classes(knn_accuracy=0.5), classes(source="natural-val", knn_accuracy=None)],
        ignore_index=True,
    )
    assert accuracy_of(table, SOURCES) == "knn_accuracy"


def test_a_row_has_the_class_beside_natural_images():
    first, second = DEFECTS.keys() if len(DEFECTS) == 2 else list(DEFECTS)[:2]
    crane, owl = class_rows(
        facts(),
        classes(knn_accuracy=[0.9, 0.8, 0.5, None]),
        diagnosis(
            ("made", "crane", first, True),
            ("made", "crane", second, False),
            ("made", "owl", first, None),
        ),
        "knn_accuracy",
    )
    none = [None] * (len(DEFECTS) - 2)
    assert crane == Row(0, "made", [1, 0, *none], 0.2, 0.4, 0.5, 0.5, pytest.approx(-0.4))
    assert owl == Row(1, "made", [None] * len(DEFECTS), 0.1, 0.3, 0.6, None, None)


def test_without_an_accuracy_there_is_none():
    rows = class_rows(facts(), classes(), diagnosis(), None)
    assert [(row.accuracy, row.difference) for row in rows] == [(None, None)] * 2


def row(number, *, defects=0, difference=None, shift=None):
    has = [1] * defects + [0, None, 0, 0][: 4 - defects]
    return Row(number, "made", has, 0.1, 0.2, shift, None, difference)


def test_most_defects_then_most_accuracy_lost_then_the_largest_shift():
    rows = [
        row(0, defects=1, difference=-0.1, shift=0.9),
        row(1, defects=2, difference=0.3),
        row(2, defects=1, difference=-0.2),
        row(3),
        row(4, shift=0.5),
        row(5, difference=0.2, shift=0.9),
    ]
    assert [each.number for each in worst_first(rows)] == [1, 2, 0, 4, 3, 5]


def test_equal_ones_keep_their_order():
    rows = [row(number, defects=1) for number in range(5)]
    assert worst_first(rows) == rows
