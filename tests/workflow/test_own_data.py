"""A study of one's own: image files in class folders, and models in local folders."""

from pathlib import Path

import pandas as pd
import pytest
import yaml
from PIL import Image

from synthgap.images import pictures
from synthgap.tables import read
from tests.workflow.project import Project


@pytest.fixture(scope="module")
def own(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The tiny study's pictures and models as if a user had brought them, under other names."""
    project = Project.copy_of_sources(
        tmp_path_factory.mktemp("own") / "project", finished.study_file
    )
    results = finished.folder / "results"
    names = {"digit-0": "n00", "digit-6": "n06", "digit-9": "n09"}
    for part in ("train", "val"):
        for digit, class_id in names.items():
            folder = project.folder / "my images" / part / class_id
            folder.mkdir(parents=True)
            table = read(results / f"images/natural-{part}/{digit}.parquet")
            for number, picture in enumerate(pictures(table)):
                suffix = "png" if number % 2 else "jpg"
                picture.save(folder / f"größe {number}.{suffix}")
    study = finished.study
    del study["miniature"]
    for category in study["classes"]:
        category["class_id"] = names[category["class_id"]]
    study["natural"] = {
        "kind": "folder",
        "train": "my images/train",
        "val": str(project.folder / "my images/val"),
    }
    models = results / "models"
    study["generators"]["stable-diffusion"]["model"] = {"folder": str(models / "stable-diffusion")}
    study["encoders"]["clip"]["model"] = {"folder": str(models / "clip")}
    study["results"] = "elsewhere/mine"
    project.study_file.write_text(yaml.safe_dump(study, sort_keys=False))
    project.run()
    return project


def test_gives_the_answer(own: Project) -> None:
    variants = pd.read_parquet(own.folder / "elsewhere/mine/summary/variants.parquet")
    assert list(variants["source"]) == ["natural-train", "natural-val", "classname", "disamb"]
    assert variants["centroid_distance"].notna().all()
    assert not (own.folder / "results").exists()


def test_copies_no_pixels_of_natural_images(own: Project) -> None:
    table = read(own.folder / "elsewhere/mine/images/natural-train/n06.parquet").to_pylist()
    assert len(table) == 8
    assert all(row["image"]["bytes"] is None for row in table)
    assert table[0]["image"]["path"] == "my images/train/n06/größe 0.jpg"


def test_finds_nothing_to_do_again(own: Project) -> None:
    assert own.jobs() == []


def test_a_new_image_makes_its_class_stale(own: Project) -> None:
    folder = own.folder / "my images/train/n09"
    Image.new("RGB", (16, 16)).save(folder / "new.png")
    jobs = own.jobs()
    (folder / "new.png").unlink()
    assert {job.wildcards for job in jobs if job.rule == "read_natural_images"} == {
        "part=train, class_id=n09"
    }
    assert not [job for job in jobs if job.rule == "generate_images"]


def test_a_damaged_image_ends_in_one_line_and_loses_nothing(own: Project) -> None:
    folder = own.folder / "my images/val/n00"
    before = {path: path.read_bytes() for path in own.folder.glob("elsewhere/**/*.parquet")}
    damaged = Path(folder / "damaged.png")
    damaged.write_bytes(b"no image")
    done = own.snakemake("images")
    damaged.unlink()
    assert done.returncode != 0
    log = (own.folder / "elsewhere/mine/logs/images/natural-val/n00.log").read_text()
    assert log.startswith(f"synthgap: {damaged}: not a readable image")
    assert len(log.splitlines()) == 1
    after = {path: path.read_bytes() for path in own.folder.glob("elsewhere/**/*.parquet")}
    assert after == before
