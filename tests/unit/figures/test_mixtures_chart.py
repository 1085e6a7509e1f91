import pandas as pd

from synthgap.figures.charts.mixtures import draw

ROWS = [
    ("natural-5", None, 5.0, 0.0, 0.6),
    ("natural-2", None, 2.0, 0.0, 0.5),
    ("synthetic", None, 0.0, 8.0, 0.55),
    ("mixed-2", None, 2.0, 8.0, 0.7),
    ("mixed-5", None, 5.0, 5.0, 0.8),
    ("then-2", "synthetic", 2.0, 8.0, 0.75),
]


def test_lines_join_what_belongs_together():
    columns = ["training_set", "pretrained_on", "natural", "synthetic", "top1"]
    table = pd.DataFrame(ROWS, columns=columns).assign(
        classifier="resnet",
        top1_low=lambda rows: rows["top1"] - 0.02,
        top1_high=lambda rows: rows["top1"] + 0.01,
    )
    figure, data = draw(table)
    (axes,) = figure.axes
    lines = {group.get_label(): list(group.lines[0].get_ydata()) for group in axes.containers}
    assert lines == {
        "natural alone": [0.5, 0.6],
        "mixtures of 10 a class": [0.7, 0.8],
        "after synthetic": [0.75],
    }
    legend = axes.get_legend()
    assert legend is not None
    assert sorted(text.get_text() for text in legend.get_texts()) == sorted([*lines, "synthetic"])
    assert list(data["training_set"]) == [row[0] for row in ROWS]
