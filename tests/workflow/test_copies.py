"""Copies among natural images and images made elsewhere: counted, told, and refused early."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from encoding import encode, noise

from tests.workflow.project import ROOT, Project

pytestmark = pytest.mark.long

STUDY = """
study: copies
classes: [{class_id: crane, name: crane}, {class_id: owl, name: owl}]
natural: {kind: folder, train: train, val: val}
generators: {brought: {kind: folder, images: brought}}
variants: {brought: {generator: brought}}
encoders: {clip: {kind: clip, model: {repository: a/b, revision: "%s"}}}
measures: {n: 4}
""" % ("0" * 40)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Each folder has four images a class; of the owls that were brought three are natural."""
    project = Project.copy_of_sources(tmp_path / "project", ROOT / "tests/studies/tiny.yaml")
    project.study_file.write_text(STUDY)
    seed = 0
    for place in ("train", "val", "brought"):
        for name in ("crane", "owl"):
            folder = project.folder / place / name
            folder.mkdir(parents=True)
            for number in range(4):
                (folder / f"{number}.png").write_bytes(encode(noise(seed=seed)))
                seed += 1
    for number in range(3):
        taken = f"train/owl/{number}.png" if number else "val/owl/0.png"
        shutil.copy(project.folder / taken, project.folder / f"brought/owl/{number}.png")
    return project


def test_copies_of_natural_images_end_the_run_before_anything_is_embedded(project: Project) -> None:
    """The encoder is not there: to embed would fail in another way."""
    done = project.snakemake()
    assert done.returncode != 0
    assert "rule count_copies" in done.stderr
    assert "rule embed_images" not in done.stderr
    log = (project.folder / "results/logs/copies/brought.log").read_text()
    assert log.splitlines()[-1] == (
        "synthgap: brought, owl: 3 of 4 images are copies, byte for byte (2 of natural-train, 1 of "
        "natural-val); remove them, or raise max_copies, which is 0.05"
    )


def test_a_higher_limit_lets_them_pass_and_the_table_tells(project: Project) -> None:
    table = "results/summary/copies.parquet"
    assert project.snakemake("images", table).returncode != 0
    study = project.study
    study["generators"]["brought"]["max_copies"] = 0.75
    project.change_study(generators=study["generators"])
    # No image is read again.
    assert not [job for job in project.jobs("images", table) if job.rule == "read_images"]
    project.run("images", table)
    counts = pd.read_csv(project.folder / "results/summary/copies.csv").set_index(
        ["source", "class_id"]
    )
    assert counts.loc[("brought", "owl"), "copies"] == 3
    assert counts["copies"].sum() == 2 * 3
    # A limit that is lowered again holds for what is there.
    study["generators"]["brought"]["max_copies"] = 0.74
    project.change_study(generators=study["generators"])
    assert project.snakemake("images", table).returncode != 0
