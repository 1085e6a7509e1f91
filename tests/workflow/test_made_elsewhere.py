"""Images in compressed Parquet files beside images that were made elsewhere, one of them black."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from encoding import encode, noise
from PIL import Image

from synthgap.tables import read
from tests.workflow.project import ROOT, Project

pytestmark = pytest.mark.long

STUDY = """
study: elsewhere
classes: [{class_id: crane, name: crane}, {class_id: owl, name: owl}]
natural: {kind: parquet, images: "natural/*.parquet", val_per_class: 2}
generators: {brought: {kind: folder, images: brought}}
variants: {brought: {generator: brought}}
encoders: {clip: {kind: clip, model: {repository: a/b, revision: "%s"}}}
measures: {n: 2}
""" % ("0" * 40)


def test_slow_files_are_told_once_and_black_images_are_flagged(tmp_path: Path) -> None:
    project = Project.copy_of_sources(tmp_path / "project", ROOT / "tests/studies/tiny.yaml")
    project.study_file.write_text(STUDY)
    rows = [
        {"image": {"bytes": content, "path": f"{n}.png"}, "label": name}
        for name in ("crane", "owl")
        for n, content in enumerate([encode(Image.new("RGB", (9, 9)))] + [encode(noise())] * 4)
    ]
    (project.folder / "natural").mkdir()
    pq.write_table(pa.Table.from_pylist(rows), project.folder / "natural/0.parquet")
    for name in ("crane", "owl"):
        place = project.folder / "brought" / name
        place.mkdir(parents=True)
        noise().save(place / "0.png")
        Image.new("RGB", (64, 48), (0, 0, 90 * (name == "owl"))).save(place / "1.jpg")

    said = project.run("images", "results/figures/flags.html")

    lines = [line for line in said.splitlines() if line.startswith("synthgap:")]
    assert len(lines) == 2
    assert lines[0].startswith("synthgap: natural/*.parquet: images are compressed")
    assert lines[1].startswith("synthgap: measures.n: 2 images a class are few")
    assert said.index(lines[0]) < said.index("rule index_images")
    flags = pd.read_csv(project.folder / "results/summary/flags.csv").set_index("class_id")
    assert list(flags["source"]) == ["brought"] * 2
    assert list(flags["black"]) == [1, 0]
    assert list(flags["one_colour"]) == [0, 1]
    assert (
        "2 of the 4 synthetic images" in (project.folder / "results/figures/flags.html").read_text()
    )
    for part in ("train", "val"):
        natural = read(project.folder / f"results/images/natural-{part}/crane.parquet")
        assert natural["flag"].null_count == len(natural)
