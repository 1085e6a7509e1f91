from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.container import BarContainer, ErrorbarContainer
from matplotlib.figure import Figure
from PIL import Image

from synthgap.figures.charts import isolation
from synthgap.figures.charts.isolation import BARS, MARKS, draw_isolation


def variants() -> pd.DataFrame:
    """A summary with a natural source, which has no gap, and a part that is negative."""
    parts = {
        "accuracy_gap": [None, 0.1, 0.05],
        "gap_from_shift": [None, 0.12, 0.02],
        "gap_from_diversity": [None, -0.02, 0.03],
        "gap_from_spread": [None, -0.05, 0.01],
        "gap_from_shape": [None, 0.03, 0.02],
    }
    table = {"source": ["natural-train", "disamb", "promptaug"]}
    for name, values in parts.items():
        table |= {
            name: values,
            f"{name}_low": [v and v - 0.03 for v in values],
            f"{name}_high": [v and v + 0.01 for v in values],
        }
    return pd.DataFrame(table)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    figures: list[Figure] = []
    monkeypatch.setattr(isolation, "save", lambda figure, _: figures.append(figure))
    return figures


def test_draws_what_stands_in_the_table(drawn: list[Figure]) -> None:
    draw_isolation("nowhere.png", variants())
    (axes,) = drawn[0].axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["disamb", "promptaug"]
    bars, intervals = (
        [container for container in axes.containers if isinstance(container, kind)]
        for kind in (BarContainer, ErrorbarContainer)
    )
    shown = variants().iloc[1:]
    for column, container in zip(BARS, bars, strict=True):
        assert [bar.get_width() for bar in container] == pytest.approx(list(shown[column]))
    for column, container in zip(BARS, intervals, strict=True):
        ends = np.array([segment[:, 0] for segment in container.lines[2][0].get_segments()])
        assert ends == pytest.approx(shown[[f"{column}_low", f"{column}_high"]].to_numpy(float))
    names = [text.get_text() for text in drawn[0].legends[0].get_texts()]
    assert names == [name for name, _ in [*BARS.values(), *MARKS.values()]]


@pytest.mark.parametrize("table", [variants().iloc[:1], variants()[["source"]]])
def test_says_so_where_there_is_nothing_to_draw(drawn: list[Figure], table: pd.DataFrame) -> None:
    draw_isolation("nowhere.png", table)
    (axes,) = drawn[0].axes
    assert [text.get_text() for text in axes.texts] == [
        "not measured: a class has too few images to win a vote of five"
    ]


def test_writes_the_same_picture_again(tmp_path: Path) -> None:
    for name in ("one.png", "other.png"):
        draw_isolation(tmp_path / name, variants())
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()
    with Image.open(tmp_path / "one.png") as picture:
        assert min(picture.size) > 300
