"""Copies that were saved anew: planted in folders, they stand in tables and verdict."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from tests.workflow.project import Project

pytestmark = pytest.mark.long

STUDY = """
study: leaks
classes: [{class_id: zero, name: zero}, {class_id: one, name: one}]
natural: {kind: folder, train: train, val: val}
generators: {brought: {kind: folder, images: brought}}
variants: {brought: {generator: brought}}
encoders: {clip: {kind: clip, model: {folder: MODEL}}}
measures: {n: 8, draws: 100}
"""

TABLE = "results/summary/leaks.parquet"

VERDICT = [f"results/summary/{name}.parquet" for name in ("variants", "causes")]
"""What else it is made of; the differences are made with the variants."""

PATHS = ["path", "natural_path"]


def digits(label: int) -> list[Image.Image]:
    data = load_digits()
    return [
        Image.fromarray((15.9 * each).astype("uint8")).resize((32, 32), Image.Resampling.BICUBIC)
        for each in data.images[data.target == label]
    ]


def plant(project: Project, source: str, name: str, pictures: list[Image.Image]) -> None:
    """Save pictures a little larger, as JPEG."""
    folder = project.folder / source / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(pictures):
        larger = picture.resize((36, 36), Image.Resampling.BICUBIC)
        larger.save(folder / f"{number}.jpg", quality=90)


@pytest.fixture
def leaking(finished: Project, tmp_path: Path) -> Project:
    """Of the digits that were brought all are natural-train's; those of natural-val are others."""
    project = Project.copy_of_sources(tmp_path / "project", finished.study_file)
    text = STUDY.replace("MODEL", str(finished.results / "models/clip"))
    project.study_file.write_text(text)
    for label, name in enumerate(("zero", "one")):
        pictures = digits(label)
        folder = project.folder / "train" / name
        folder.mkdir(parents=True)
        for number, picture in enumerate(pictures[:40]):
            picture.save(folder / f"{number}.png")
        plant(project, "brought", name, pictures[:12])
        plant(project, "val", name, pictures[50:62])
    return project


def test_planted_copies_stand_in_the_table_and_the_verdict(leaking: Project) -> None:
    leaking.run(TABLE, *VERDICT)
    found = pd.read_parquet(leaking.folder / TABLE).set_index("source")
    assert found["near_duplicates"].to_dict()["brought"] >= 18
    assert found.loc["brought", "decided"]
    assert not found.loc["natural-val", "decided"]
    listed = pd.read_csv(leaking.results / "summary/near_duplicates.csv")
    listed = listed[listed["source"] == "brought"]
    same = [Path(one).stem == Path(other).stem for one, other in listed[PATHS].to_numpy()]
    assert sum(same) >= 18
    said = "it copies natural images"
    command = [sys.executable, "-m", "synthgap", "headline", "study.yaml"]
    shown = subprocess.run(
        command, cwd=leaking.folder, text=True, capture_output=True, check=True
    ).stdout
    assert said in " ".join(shown.split())
    assert leaking.jobs(TABLE, *VERDICT) == []
    # And images of natural-train that come into natural-val.
    for label, name in enumerate(("zero", "one")):
        plant(leaking, "val", name, digits(label)[:12])
    assert {job.rule for job in leaking.jobs(TABLE)} == {
        *("read_images", "embed_images", "find_leaks", "join_leaks"),
    }
    leaking.run(TABLE)
    found = pd.read_parquet(leaking.folder / TABLE).set_index("source")
    assert found.loc["natural-val", "decided"]
    assert leaking.jobs(TABLE) == []
