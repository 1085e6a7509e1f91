"""Training through Snakemake: mixtures, what makes a training stale, and a kill."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from synthgap.tables import metadata_of
from tests.workflow.project import Project

pytestmark = pytest.mark.long

HALF = {"images_per_class": 5, "proportions": {"natural-train": 0.6, "disamb": 0.4}}


def trainings(project: Project, **recipe: object) -> int:
    """How many trainings a change of the recipe makes stale."""
    classifier = {**project.study["classifiers"]["resnet"], **recipe}
    project.change_study(classifiers={"resnet": classifier})
    return project.counts()["train_classifier"]


@pytest.mark.parametrize("speed", [{"channels_last": True, "compile": True}, {"readers": 3}])
def test_what_decides_speed_alone_makes_nothing_stale(
    speed: dict[str, object], tmp_path: Path, finished: Project
) -> None:
    project = finished.copy(tmp_path / "project")
    if "readers" in speed:
        # With readers at all, images draw otherwise; how many there are is speed.
        assert trainings(project, readers=1) == 2
        project.run("--touch", "classifiers")
    assert trainings(project, **speed) == 0


def test_a_recipe_is_its_numbers(project: Project) -> None:
    assert trainings(project, mixup=0.2) == 2
    assert trainings(project, mixup=0.0, weight_decay=0.05, gpus=1) == 0


def test_a_mixture_is_trained_on_and_summarised(project: Project) -> None:
    sets = project.study["training_sets"]
    project.change_study(training_sets={**sets, "half": HALF})
    assert project.counts("variant_disamb")["train_classifier"] == 1
    assert project.counts("variant_classname")["train_classifier"] == 0
    project.run("summary")
    results = project.folder / "results"
    summary = pd.read_parquet(results / "summary/classifiers.parquet")
    assert list(summary["training_set"]) == ["natural", "disamb", "half"]
    assert summary["top1"].notna().all()
    made = metadata_of(results / "classifiers/resnet/half/seed0/predictions.parquet")
    assert '"sources":{"disamb":2,"natural-train":3}' in made["spec"]
    project.change_study(training_sets={**sets, "half": {**HALF, "images_per_class": 6}})
    assert project.counts()["train_classifier"] == 1


def test_a_killed_training_goes_on(project: Project) -> None:
    """Snakemake, its jobs and their workers die at once; the next run starts where they were."""
    recipe = {**project.study["classifiers"]["resnet"], "epochs": 20}
    project.change_study(
        classifiers={"resnet": recipe}, training_sets={"natural": ["natural-train"]}
    )
    folder = project.folder / "results/classifiers/resnet/natural/seed0"
    command = [sys.executable, "-m", "snakemake", "classifiers", "--cores", "1"]
    run = subprocess.Popen(
        [*command, "--configfile", "study.yaml"],
        cwd=project.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while not (folder / ".checkpoint/last.pt").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    # Its worker notices within a second.
    time.sleep(2)
    assert (folder / ".checkpoint/last.pt").exists()
    project.run("--unlock")
    project.run("classifiers")
    log = (project.folder / "results/logs/classifiers/resnet/natural/seed0.log").read_text()
    assert "going on after epoch" in log
    assert "epoch 1/20" not in log
    assert len(pd.read_parquet(folder / "history.parquet")) == 20
    assert not (folder / ".checkpoint").exists()
    assert list((folder / "events").iterdir())
