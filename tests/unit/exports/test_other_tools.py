"""The lines of docs/HOWTO.md that hand the points to other tools."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from encoding import encode, noise
from PIL import Image
from points import directions, write_source

ROOT = Path(__file__).parents[3]
HOWTO = (ROOT / "docs/HOWTO.md").read_text(encoding="utf-8")
BLOCKS = re.findall(
    r"```python\n(.*?)```", HOWTO.split("## See the images in another tool")[1], re.S
)


@pytest.fixture
def rows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = {"n02": directions(0, 5, 6), "n01": directions(1, 4, 6)}
    write_source(tmp_path / "results/embeddings/clip/disamb", made)
    shown = [(name, index) for name, points in made.items() for index in range(len(points))][1:]
    rows = pd.DataFrame(shown, columns=["class_id", "index"]).assign(
        x=0.5, y=0.25, name="crane", prompt="a\tcrane\nin a field", taken=True, verdict="too alike"
    )
    rows["nearest_class"] = rows["class_id"]
    rows["thumbnail"] = [
        {"bytes": encode(noise(seed=n), "WEBP", lossless=True), "path": f"{n}.webp"}
        for n in range(len(rows))
    ]
    path = tmp_path / "results/points/clip/disamb.parquet"
    path.parent.mkdir(parents=True)
    rows.to_parquet(path)
    return rows.assign(embedding=[made[name][index] for name, index in shown])


def block(word):
    (found,) = (text for text in BLOCKS if word in text)
    return compile(found, "HOWTO.md", "exec")


def test_tensorboards_projector_gets_embeddings_metadata_and_pictures(rows, tmp_path):
    exec(block("SummaryWriter"), {})
    (config,) = (tmp_path / "results/export/projector").rglob("projector_config.pbtxt")
    folder = next(file.parent for file in config.parent.rglob("tensors.tsv"))
    tensors = np.loadtxt(folder / "tensors.tsv", delimiter="\t")
    assert tensors == pytest.approx(np.stack(rows["embedding"]), abs=1e-6)
    header, *lines = (folder / "metadata.tsv").read_text().splitlines()
    assert header.split("\t")[:3] == ["class_id", "name", "prompt"]
    assert [line.split("\t")[0] for line in lines] == rows["class_id"].tolist()
    assert {len(line.split("\t")) for line in lines} == {6}
    sprite = np.asarray(Image.open(folder / "sprite.png").convert("RGB")).astype(int)
    assert sprite.shape == (144, 144, 3)
    # The fourth picture stands first in the second row.
    fourth = np.asarray(noise(seed=3).resize((48, 48)))
    assert np.abs(sprite[48:96, :48] - fourth).max() <= 1


def test_the_lines_for_fiftyone_are_python():
    assert "fiftyone" in block("fiftyone").co_names
