"""The paper's own study: refused where its images are missing, complete where they lie."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from synthgap.classes import read_classes
from tests.workflow.project import ROOT, Project

pytestmark = pytest.mark.long

VARIANTS = 4
CLASSES = [category.class_id for category in read_classes(str(ROOT / "config/imagenet-1k.csv"))]


@pytest.fixture
def imagenet(tmp_path: Path) -> Project:
    return Project.copy_of_sources(tmp_path / "project", ROOT / "config/imagenet-sd15.yaml")


def lay_out(folder: Path, images: int, classes: Sequence[str] = CLASSES) -> None:
    """A folder a class with as many image files, all of them one file."""
    folder.mkdir(parents=True)
    image = folder / "image.JPEG"
    image.write_bytes(b"not looked into before a job")
    for class_id in classes:
        (folder / class_id).mkdir()
        for number in range(images):
            os.link(image, folder / class_id / f"{class_id}_{number}.JPEG")


def test_says_in_one_line_which_path_is_missing(imagenet: Project) -> None:
    done = imagenet.snakemake("--dry-run")
    assert done.returncode != 0
    said = [line for line in done.stderr.splitlines() if "synthgap" in line]
    assert said == ["synthgap: study.yaml: natural: no folder data/imagenet/train"]
    assert "Traceback" not in done.stderr


def test_lists_the_jobs_of_a_thousand_classes(imagenet: Project) -> None:
    n = imagenet.study["measures"]["n"]
    lay_out(imagenet.folder / "data/imagenet/train", n)
    lay_out(imagenet.folder / "data/imagenet/val", n)
    # A list of each single job would take as long again.
    done = imagenet.snakemake("--dry-run", "--quiet", "rules")
    assert done.returncode == 0, done.stderr[-3000:]
    found = re.findall(r"^(\w+) +(\d+)$", done.stdout + done.stderr, re.MULTILINE)
    counts = {rule: int(jobs) for rule, jobs in found if rule not in ("all", "total")}
    thousand = len(CLASSES)
    assert thousand == 1000
    sources = VARIANTS + 2
    assert counts == {
        "read_images": 2 * thousand,
        "join_quarantine": 1,
        "count_flags": 1,
        "count_copies": sources,
        "join_copies": 1,
        "find_natural_twins": 1,
        "find_leaks": sources - 1,
        "join_leaks": 1,
        "generate_images": VARIANTS * thousand,
        "embed_images": sources * thousand,
        "embed_prompts": VARIANTS,
        "measure_class": sources * thousand,
        "measure_source": sources,
        "measure_pooled": sources,
        "place_images": sources,
        "measure_cross_accuracy": 1,
        "measure_embedding_classifiers": sources - 1,
        "summarise_embedding_classifiers": 1,
        "draw_embedding_classifiers": 1,
        "train_classifier": VARIANTS + 1,
        "summarise": 1,
        "rank_predictors": 1,
        "compare_orders": 1,
        "compare_quoted": 1,
        "write_report": 1,
        "diagnose_variant": sources - 2,
        "join_diagnoses": 1,
        "count_causes": 1,
        "propose_changes": 1,
        "draw_causes": 1,
        "draw_centroid_distance": 1,
        "draw_accuracy": 1,
        "draw_accuracy_against_distance": 1,
        "draw_cross_accuracy": 1,
        "draw_isolation": 1,
        "project_embeddings": 1,
        "draw_projection": 1,
        "draw_contact_sheet": thousand,
    }


def test_touched_files_are_up_to_date(imagenet: Project) -> None:
    """Of some classes; benchmarks/dag.py does the same for a thousand, and takes the time."""
    classes = CLASSES[:6]
    file = imagenet.folder / "config/imagenet-1k.csv"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[: len(classes) + 1]))
    for part in ("train", "val"):
        lay_out(imagenet.folder / "data/imagenet" / part, imagenet.study["measures"]["n"], classes)
    classifiers = imagenet.study["classifiers"]
    classifiers["resnetrs152"]["batch_size"] = 256
    imagenet.change_study(classifiers=classifiers)
    planned = imagenet.snakemake("--dry-run").stdout
    outputs = re.findall(r"^    output: (.+)$", planned, re.MULTILINE)
    assert len(outputs) > 19 * len(classes)
    for output in ", ".join(outputs).split(", "):
        path = imagenet.folder / output
        path.parent.mkdir(parents=True, exist_ok=True)
        # The report is a folder.
        path.mkdir(exist_ok=True) if path.name == "report" else path.touch()
    imagenet.run("--touch", "--forceall")
    assert imagenet.jobs() == []
    # Parameters were recorded, and are compared.
    variants = imagenet.study["variants"]
    variants["promptaug"]["guidance_scale"] = 2
    imagenet.change_study(variants=variants)
    assert imagenet.counts()["generate_images"] == len(classes)
