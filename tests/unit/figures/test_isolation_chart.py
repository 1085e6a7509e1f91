import pandas as pd
import pytest
from dots import dots, line_names

from synthgap.figures.charts.isolation import PARTS, draw


def variants() -> pd.DataFrame:
    """A summary with a natural source, which has no gap, and a part that is negative."""
    parts = {
        "accuracy_gap": [None, 0.1, 0.05],
        "gap_from_shift": [None, 0.12, 0.02],
        "gap_from_diversity": [None, -0.02, 0.03],
        "gap_from_spread": [None, -0.05, 0.01],
        "gap_from_shape": [None, 0.03, 0.02],
    }
    table = {"source": ["natural-train", "disamb", "promptaug"], "n": [40] * 3}
    for name, values in parts.items():
        table |= {
            name: values,
            f"{name}_low": [v and v - 0.03 for v in values],
            f"{name}_high": [v and v + 0.01 for v in values],
        }
    return pd.DataFrame(table)


def test_draws_what_stands_in_the_table():
    figure, data = draw(variants())
    shown = variants().iloc[1:].reset_index(drop=True)
    for axes, (column, name) in zip(figure.axes, PARTS.items(), strict=True):
        assert axes.get_title(loc="left") == name
        found = dots(axes)
        for place, row in shown.iterrows():
            expected = (row[column], row[f"{column}_low"], row[f"{column}_high"])
            assert found[place] == pytest.approx(expected)
    assert line_names(figure.axes[0]) == ["disamb", "promptaug"]
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    pd.testing.assert_frame_equal(data.reset_index(drop=True), shown)


@pytest.mark.parametrize("table", [variants().iloc[:1], variants()[["source"]]])
def test_says_so_where_there_is_nothing_to_draw(table: pd.DataFrame):
    figure, data = draw(table)
    assert figure.axes == []
    assert [text.get_text() for text in figure.texts if text is not figure._suptitle] == [
        "not measured: a class has too few images to win a vote of five"
    ]
    assert data.empty
