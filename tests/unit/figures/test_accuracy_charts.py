"""Charts of diversity and accuracy: they show the summary, also where some of it is empty."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from dots import dots, line_names
from hypothesis import given
from hypothesis import strategies as st

from synthgap.figures.charts import (
    accuracy,
    accuracy_against_distance,
    centroid_distance,
    cross_accuracy,
)
from synthgap.figures.charts.accuracy_against_distance import apart

SOURCES = ["natural-train", "disamb"]


def variants(**columns: list[float | None]) -> pd.DataFrame:
    columns = {"centroid_distance": [0.3, 0.2], **columns}
    table: dict[str, object] = {"source": SOURCES, "n": [40, 40]}
    for name, values in columns.items():
        table |= {name: values, f"{name}_low": [v and v - 0.02 for v in values]}
        table |= {f"{name}_high": [v and v + 0.01 for v in values]}
    return pd.DataFrame(table)


DRAW = pytest.mark.parametrize("draw", [accuracy.draw, accuracy_against_distance.draw])


@DRAW
@pytest.mark.parametrize("of_neighbours", [[0.9, 0.8], [0.9, None], [None, None]])
def test_accuracies_that_are_empty_are_left_out(draw, of_neighbours):
    figure, data = draw(variants(centroid_accuracy=[0.9, 0.7], knn_accuracy=of_neighbours))
    titles = ["Nearest class mean", "Five nearest images"][: 1 + any(of_neighbours)]
    assert [axes.get_title(loc="left") for axes in figure.axes] == titles
    assert ("knn_accuracy" in data) == any(of_neighbours)
    assert "top1" not in data
    counts = [len(axes.containers) for axes in figure.axes]
    assert counts == [2, sum(value is not None for value in of_neighbours)][: len(titles)]


def test_accuracies_are_those_of_the_table():
    figure, _ = accuracy.draw(variants(centroid_accuracy=[0.9, 0.7], top1=[0.5, None]))
    first, second = figure.axes
    assert dots(first) == {
        0: pytest.approx((0.9, 0.88, 0.91)),
        1: pytest.approx((0.7, 0.68, 0.71)),
    }
    assert dots(second) == {0: pytest.approx((0.5, 0.48, 0.51))}
    assert line_names(first) == SOURCES
    assert first.get_xlim() == second.get_xlim()


def test_each_dot_is_labelled_with_its_source():
    figure, _ = accuracy_against_distance.draw(
        variants(centroid_accuracy=[0.9, 0.7], top1=[0.5, None])
    )
    for axes, expected in zip(figure.axes, [{*SOURCES}, {"natural-train"}], strict=True):
        assert {text.get_text() for text in axes.texts} == expected
    labels = {text.get_text(): text.xy for text in figure.axes[0].texts}
    assert labels["disamb"] == (0.2, 0.7)


@given(st.lists(st.floats(0, 1), max_size=15).map(sorted))
def test_labels_keep_their_order_and_distance(heights):
    moved = apart(heights, 0.065)
    assert all(below + 0.065 <= above + 1e-9 for below, above in pairwise(moved))
    assert all(-1e-9 <= height <= 1 + 1e-9 for height in moved)
    already = all(below + 0.065 <= above for below, above in pairwise(heights))
    assert not already or moved == heights


def test_the_classes_of_each_source_stand_under_its_mean():
    classes = pd.DataFrame(
        {
            "source": np.repeat(SOURCES, 3),
            "class_id": ["a", "b", "c"] * 2,
            "n": 40,
            "centroid_distance": [0.1, 0.3, 0.5, 0.1, 0.2, 0.3],
            **{f"centroid_distance_{end}": 0.2 for end in ("low", "high")},
        }
    )
    figure, data = centroid_distance.draw(variants(), classes)
    (axes,) = figure.axes
    ticks = [list(line.get_xdata()) for line in axes.lines if line.get_marker() == "|"]
    assert [0.1, 0.3, 0.5] in ticks
    assert [0.1, 0.2, 0.3] in ticks
    assert dots(axes)[1] == pytest.approx((0.2, 0.18, 0.21))
    assert list(data["class_id"].fillna("all")) == ["all", "all", *("abc" * 2)]


def cross() -> pd.DataFrame:
    rows = [
        ("natural-train", "natural-train", None, 0.9, np.nan),
        ("natural-train", "disamb", None, 0.4, np.nan),
        ("disamb", "natural-train", None, 0.7, -0.2),
        ("disamb", "disamb", None, 0.41, 0.01),
        ("disamb", "disamb", "crane", 0.1, np.nan),
    ]
    columns = ["source", "query", "class_id", "centroid_accuracy", "difference"]
    table = pd.DataFrame(rows, columns=columns)
    for name in columns[3:]:
        table[f"{name}_low"], table[f"{name}_high"] = table[name] - 0.05, table[name] + 0.05
    return table


def test_cross_accuracy_is_a_difference_from_natural_train():
    figure, data = cross_accuracy.draw(cross())
    axes, bar = figure.axes
    texts = {(*text.get_position(),): text for text in axes.texts}
    said = {
        (column, round(row)): text.get_text()
        for (column, row), text in texts.items()
        if row <= round(row)
    }
    assert said == {(0, 0): "0.90", (1, 0): "0.40", (0, 1): "−0.20", (1, 1): "+0.01"}
    bold = [text.get_text() for text in axes.texts if text.get_fontweight() == "bold"]
    assert bold == ["−0.20"]
    (image,) = axes.images
    assert image.get_clim() == pytest.approx((-0.2, 0.2))
    np.testing.assert_allclose(image.get_array(), [[0, 0], [-0.2, 0.01]])
    assert "natural-train" in bar.get_ylabel()
    assert len(data) == 4
