"""Images in compressed Parquet files beside images that were made elsewhere, one of them black."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from encoding import encode, noise
from PIL import Image

from tests.workflow.project import ROOT, Project

pytestmark = pytest.mark.long

STUDY = """
study: elsewhere
classes: [{class_id: crane, name: crane}, {class_id: owl, name: owl}]
natural: {kind: parquet, images: "natural/*.parquet", val_per_class: 2, max_copies: 1}
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
        noise(seed=len(name)).save(place / "0.png")
        Image.new("RGB", (64, 48), (0, 0, 90 * (name == "owl"))).save(place / "1.jpg")

    said = project.run("images", "results/summary/flags.parquet", "results/summary/copies.parquet")

    lines = [line for line in said.splitlines() if line.startswith("synthgap:")]
    assert len(lines) == 2
    assert lines[0].startswith("synthgap: note: natural/*.parquet: images are compressed")
    assert lines[1].startswith("synthgap: note: measures.n: 2 images a class are too few")
    assert said.index(lines[0]) < said.index("rule index_images")
    flags = pd.read_csv(project.folder / "results/summary/flags.csv")
    counts = flags.groupby("source")[["images", "black", "one_colour"]].sum()
    assert list(counts.loc["brought"]) == [4, 1, 1]
    # Of each class one natural image is black, in whichever part.
    assert list(counts.drop("brought").sum()) == [10, 2, 0]
    assert (flags["flagged"].sum(), flags["images"].sum()) == (4, 14)
    # Of a class four natural images are one; the limit of this study allows it.
    copies = pd.read_csv(project.folder / "results/summary/copies.csv")
    copies = copies[copies["class_id"].isna()].set_index("source")
    assert copies.loc["brought", "copies"] == 0
    assert copies.loc["natural-val", "copies"] == 4
