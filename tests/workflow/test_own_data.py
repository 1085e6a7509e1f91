"""A study of one's own: images in folders and tables, images made elsewhere, and local models."""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from synthgap.image_files.decoding import pictures
from synthgap.tables import read, read_embeddings
from tests.workflow.project import Project

pytestmark = pytest.mark.long

NAMES = {"digit-0": "n00", "digit-6": "n06", "digit-9": "n09"}
KINDS_READ = ("images", "quarantine")
"""What a job that reads images writes."""


@pytest.fixture(scope="module")
def own(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The tiny study's pictures and models as if a user had brought them.

    Natural images lie in one folder, with a damaged file and one that is no image; of the variants
    one is generated, one lies in files with a table, one in the tables of an older run.
    """
    project = Project.copy_of_sources(
        tmp_path_factory.mktemp("own") / "project", finished.study_file
    )
    results, folder = finished.folder / "results", project.folder
    listed = []
    for digit, class_id in NAMES.items():
        place = folder / "my images" / f"Bilder für {digit}"
        place.mkdir(parents=True)
        for part in ("train", "val"):
            table = results / f"images/natural-{part}/{digit}.parquet"
            for number, picture in enumerate(pictures(read(table), table)):
                picture.save(place / f"{part} {number}.{'png' if number % 2 else 'jpg'}")
        made = results / f"images/classname/{digit}.parquet"
        (folder / "elsewhere").mkdir(exist_ok=True)
        for number, picture in enumerate(pictures(read(made), made)):
            picture.save(folder / f"elsewhere/{digit} {number}.png")
            listed.append((f"{digit} {number}.png", class_id, f"a drawing of {digit}"))
    (folder / "my images/Bilder für digit-6/damaged.png").write_bytes(b"no image")
    (folder / "my images/Bilder für digit-6/Thumbs.db").write_bytes(b"")
    pd.DataFrame(listed, columns=["file", "class_id", "prompt"]).to_csv(
        folder / "elsewhere.csv", index=False
    )
    shutil.copytree(results / "images/disamb", folder / "older/disamb")
    study = finished.study
    del study["miniature"]
    for category in study["classes"]:
        # The older run's tables have the same name for a class as the folders would have.
        digit = category["class_id"]
        category |= {"class_id": NAMES[digit], "folder": f"Bilder für {digit}"}
    study["natural"] = {
        "kind": "folder",
        "images": "my images",
        "val_per_class": 7,
        "max_unreadable": 0.2,
    }
    models = results / "models"
    study["generators"] = {
        "stable-diffusion": {
            **study["generators"]["stable-diffusion"],
            "model": {"folder": str(models / "stable-diffusion")},
        },
        "imagen": {"kind": "folder", "images": "elsewhere", "table": "elsewhere.csv"},
        "older": {"kind": "parquet", "images": "older/disamb/*.parquet", "labels": None},
    }
    for table in (folder / "older/disamb").glob("*.parquet"):
        frame = pd.read_parquet(table)
        frame["class_id"] = NAMES[table.stem]
        frame.to_parquet(table, compression="zstd")
    study["variants"] = {
        "classname": study["variants"]["classname"],
        "imagen": {"generator": "imagen"},
        "disamb": {"generator": "older", "prompts": "disamb", "guidance_scale": 2.5},
    }
    study["encoders"]["clip"]["model"] = {"folder": str(models / "clip")}
    study["results"] = "answers/mine"
    project.study_file.write_text(yaml.safe_dump(study, sort_keys=False))
    project.run()
    return project


def images_of(own: Project, source: str, class_id: str) -> list[dict[str, Any]]:
    table = read(own.folder / f"answers/mine/images/{source}/{class_id}.parquet")
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def test_gives_the_answer(own: Project) -> None:
    variants = pd.read_parquet(own.folder / "answers/mine/summary/variants.parquet")
    sources = ["natural-train", "natural-val", "classname", "imagen", "disamb"]
    assert list(variants["source"]) == sources
    assert variants["centroid_distance"].notna().all()
    with_prompts = variants.set_index("source")["linear_separability"].notna()
    assert list(with_prompts[with_prompts].index) == ["classname", "disamb"]
    assert not (own.folder / "results").exists()


def test_the_same_images_measure_the_same_wherever_they_lie(
    own: Project, finished: Project
) -> None:
    """Every picture of the older run is there, and was embedded as it was then, on more threads."""
    for digit, class_id in NAMES.items():
        then = finished.folder / f"results/embeddings/clip/disamb/{digit}.parquet"
        now = own.folder / f"answers/mine/embeddings/clip/disamb/{class_id}.parquet"
        assert np.allclose(read_embeddings(now), read_embeddings(then), rtol=0, atol=1e-6)


def test_copies_no_pixels(own: Project) -> None:
    for source in ("natural-train", "imagen", "disamb"):
        rows = images_of(own, source, "n06")
        assert all(row["image"]["bytes"] is None for row in rows)
    places = {row["image"]["path"] for row in images_of(own, "natural-train", "n09")}
    assert len(places) == 7
    assert all(place.startswith("my images/Bilder für digit-9/") for place in places)


def test_images_made_elsewhere_bring_their_prompts(own: Project) -> None:
    assert {row["prompt"] for row in images_of(own, "imagen", "n00")} == {"a drawing of digit-0"}
    assert {row["seed"] for row in images_of(own, "imagen", "n00")} == {None}


def test_the_report_lists_what_was_put_aside(own: Project) -> None:
    aside = pd.read_csv(own.folder / "answers/mine/summary/quarantine.csv")
    found = dict(zip(aside["path"], aside["reason"], strict=True))
    assert found == {
        "my images/Bilder für digit-6/damaged.png": "not an image, but text",
        "my images/Bilder für digit-6/Thumbs.db": "no image by its name, which ends in .db",
    }
    page = (own.folder / "answers/mine/report/index.html").read_text()
    assert "2 files or images" in page
    assert all(path in page and reason in page for path, reason in found.items())


def test_nothing_put_aside_is_said(finished: Project) -> None:
    page = (finished.folder / "results/report/index.html").read_text()
    assert "Nothing was put aside" in page
    assert "natural-train, natural-val" in page


def test_finds_nothing_to_do_again(own: Project) -> None:
    assert own.jobs() == []


def stale(own: Project) -> set[tuple[str, str]]:
    return {(job.rule, job.wildcards) for job in own.jobs("images") if job.rule != "images"}


def test_a_new_image_makes_its_class_stale(own: Project) -> None:
    new = own.folder / "my images/Bilder für digit-9/new.png"
    Image.new("RGB", (16, 16)).save(new)
    jobs = stale(own)
    new.unlink()
    assert jobs == {
        ("read_images", "source=natural-train, class_id=n09"),
        ("read_images", "source=natural-val, class_id=n09"),
    }
    assert not stale(own)


def test_an_overwritten_image_makes_its_class_stale(own: Project) -> None:
    """Neither a folder nor a table that lists files changes with it."""
    listed, scan = (
        own.folder / "elsewhere/digit-0 3.png",
        own.folder / "older/disamb/digit-6.parquet",
    )
    before = {file: file.stat() for file in (listed, scan)}
    for file in before:
        file.write_bytes(file.read_bytes())
    jobs = stale(own)
    for file, status in before.items():
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert ("read_images", "source=imagen, class_id=n00") in jobs
    assert ("index_images", "source=disamb") in jobs
    assert not [job for job in jobs if "natural" in job[1] or "imagen, class_id=n06" in job[1]]
    assert not stale(own)


def test_what_one_source_needs_makes_no_other_stale(own: Project) -> None:
    study = own.study
    study["generators"]["imagen"]["images"] = "elsewhere/."
    study["natural"]["max_unreadable"] = 0.3
    before = own.study_file.read_text()
    own.study_file.write_text(yaml.safe_dump(study, sort_keys=False))
    jobs = own.jobs("images", "answers/mine/summary/quarantine.csv")
    own.study_file.write_text(before)
    assert {job.wildcards.split(",")[0] for job in jobs if job.rule == "read_images"} == {
        "source=imagen"
    }
    assert "join_quarantine" in {job.rule for job in jobs}


def test_too_many_damaged_images_end_in_one_line_and_touch_no_other_table(own: Project) -> None:
    """A file of the table is damaged now: more than one in a hundred."""
    before = {path: path.read_bytes() for path in own.folder.glob("answers/**/*.parquet")}
    picture = Path(own.folder / "elsewhere/digit-0 3.png")
    content = picture.read_bytes()
    picture.write_bytes(content[:60])
    done = own.snakemake("images", "--keep-going")
    picture.write_bytes(content)
    assert done.returncode != 0
    log = (own.folder / "answers/mine/logs/images/imagen/n00.log").read_text()
    (line,) = [line for line in log.splitlines() if line.startswith("synthgap:")]
    assert line == (
        "synthgap: elsewhere.csv (class n00): 1 of 6 images cannot be read (1 truncated); replace "
        "or remove them, or raise max_unreadable, which is 0.01"
    )
    assert "put aside: elsewhere/digit-0 3.png: truncated" in log
    after = {path: path.read_bytes() for path in own.folder.glob("answers/**/*.parquet")}
    tables = {own.folder / f"answers/mine/{kind}/imagen/n00.parquet" for kind in KINDS_READ}
    assert before.keys() - after.keys() == tables
    # The job did not end well, so the next run takes it up again, and comes to what was.
    own.run("images")
    assert {path: path.read_bytes() for path in before} == before
