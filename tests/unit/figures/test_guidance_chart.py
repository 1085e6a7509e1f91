import numpy as np
import pandas as pd
import pytest

from synthgap.figures.charts.guidance import PANELS, draw

SCALES = [1.0, 2.5, 7.5]
NATURAL = pd.DataFrame(
    {
        "source": ["natural-train", "disamb-1"],
        "centroid_distance": [0.5, 0.3],
        "top1": [0.9, None],
        "natural_adherence": [None, 0.75],
    }
)


def frontier(**columns: list[float | None]) -> pd.DataFrame:
    table: dict[str, object] = {
        "generator": "sd15",
        "prompts": "disamb",
        "source": [f"disamb-{scale:g}" for scale in SCALES],
        "guidance_scale": SCALES,
        "class_id": None,
    }
    given = {"adherence": [0.5, 0.8, 0.7], "centroid_distance": [0.3, 0.2, 0.1]} | columns
    for name in PANELS:
        values = np.array(given.get(name, [None] * 3), float)
        table |= {name: values, f"{name}_low": values - 0.02, f"{name}_high": values + 0.01}
    return pd.DataFrame(table | {"on_frontier": [True, True, False]})


def titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes if axes.axison]


def test_a_panel_a_measure_and_the_frontier():
    figure, data = draw(frontier(top1=[0.6, 0.7, 0.5]), NATURAL)
    assert titles(figure) == [
        "Adherence to the prompt",
        "Centroid distance (diversity)",
        "Trained classifier",
        "Frontier, by guidance scale",
    ]
    assert list(data["guidance_scale"]) == SCALES
    line = figure.axes[2].containers[0].lines[0]
    assert list(line.get_xdata()) == SCALES
    assert list(line.get_ydata()) == pytest.approx([0.6, 0.7, 0.5])
    natural = [axes.texts[0].xy[1] for axes in figure.axes[:3]]
    assert natural == [0.75, 0.5, 0.9]
    assert {axes.texts[0].get_text() for axes in figure.axes[:3]} == {"natural-train"}


def test_the_frontier_joins_what_no_scale_beats_and_names_all():
    figure, _ = draw(frontier(), NATURAL)
    axes = figure.axes[2]
    joined, *dots = axes.lines
    assert sorted(joined.get_xydata().tolist()) == [[0.2, 0.8], [0.3, 0.5]]
    assert len(dots) == 3
    assert [text.get_text() for text in axes.texts] == ["1", "2.5", "7.5"]


def test_without_adherence_there_is_no_frontier():
    figure, _ = draw(frontier(adherence=[None] * 3), NATURAL)
    assert titles(figure) == ["Centroid distance (diversity)"]


def test_each_sweep_has_its_panels_and_a_scale_of_zero_its_place():
    other = frontier().assign(prompts=None, guidance_scale=[0.0, 1.0, 2.0])
    figure, data = draw(pd.concat([frontier(), other]), NATURAL)
    assert len(titles(figure)) == 6
    assert [part.get_suptitle() for part in figure.subfigs] == ["sd15, disamb", "sd15"]
    assert len(data) == 6
