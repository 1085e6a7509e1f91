"""Charts of the summary where some of its measures are empty."""

from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from synthgap.figures.charts.of_variants import draw_accuracy, draw_accuracy_against_distance

DRAW = pytest.mark.parametrize("draw", [draw_accuracy, draw_accuracy_against_distance])


def variants(**accuracies: list[float | None]) -> pd.DataFrame:
    columns: dict[str, list[float | None]] = {"centroid_distance": [0.3, 0.2], **accuracies}
    ends = {f"{name}_{end}": values for name, values in columns.items() for end in ("low", "high")}
    return pd.DataFrame({"source": ["natural-train", "disamb"], **columns, **ends})


@DRAW
@pytest.mark.parametrize("of_neighbours", [[0.9, 0.8], [0.9, None], [None, None]])
def test_accuracies_that_are_empty_are_left_out(draw, of_neighbours, tmp_path: Path):
    path = tmp_path / "chart.png"
    draw(path, variants(centroid_accuracy=[0.9, 0.7], knn_accuracy=of_neighbours))
    with Image.open(path) as image:
        assert min(image.size) > 200
