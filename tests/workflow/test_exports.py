"""What is made for others: dataset folders and the map's points, of the tiny study."""

from pathlib import Path

import datasets
import pandas as pd
import pytest
from huggingface_hub import DatasetCard

from tests.workflow.project import Project

pytestmark = pytest.mark.long

TARGETS = ("export", "points")


@pytest.fixture(scope="module")
def exported(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = finished.copy(tmp_path_factory.mktemp("exported") / "project")
    project.run(*TARGETS)
    return project


def test_nothing_is_exported_unless_it_is_asked_for(finished: Project) -> None:
    assert finished.counts("export_disamb") == {
        "write_card": 1,
        "write_dataset_images": 1,
        "export_disamb": 1,
    }
    assert finished.counts(*TARGETS) == {
        "write_card": 2,
        "write_dataset_images": 2,
        "write_points": 4,
        "export": 1,
        "points": 1,
    }
    assert not finished.files("export/**/*")


def test_a_folder_opens_as_it_is(exported: Project, tmp_path: Path) -> None:
    folder = exported.results / "export/disamb"
    made = datasets.load_dataset(str(folder), split="train", cache_dir=str(tmp_path))
    assert len(made) == 18
    assert made.features["label"].names == ["zero", "loop (digit-6)", "loop (digit-9)"]
    assert made[17]["image"].size == (16, 16)
    assert made[17]["class_id"] == "digit-9"
    assert made[17]["prompt"].startswith("loop, ")
    card = DatasetCard.load(folder / "README.md")
    assert card.data.pretty_name == "disamb (tiny)"
    assert "- guidance scale: `2.5`" in card.text
    assert str(exported.folder) not in card.text


def test_points_stand_where_the_map_shows_them(exported: Project) -> None:
    shown = pd.read_parquet(exported.results / "projections/clip.parquet")
    for source, images in (("disamb", 18), ("natural-train", 24)):
        points = pd.read_parquet(exported.results / f"points/clip/{source}.parquet")
        assert len(points) == images
        of_source = shown[(shown["source"] == source) & (shown["kind"] == "image")]
        assert points["x"].tolist() == of_source["first"].tolist()


def test_exports_are_up_to_date_and_follow_what_they_show(exported: Project) -> None:
    assert set(exported.counts(*TARGETS)) <= set(TARGETS)
    variants = exported.study["variants"]
    variants["disamb"]["guidance_scale"] = 3
    study_file = exported.study_file.read_bytes()
    exported.change_study(variants=variants)
    jobs = exported.jobs(*TARGETS)
    exported.study_file.write_bytes(study_file)
    images = [job.wildcards for job in jobs if job.rule == "write_dataset_images"]
    assert images == ["variant=disamb"]
    # Each card compares with the others.
    assert len([job for job in jobs if job.rule == "write_card"]) == 2
