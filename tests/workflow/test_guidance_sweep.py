"""A list of guidance scales: what is made, and what a further scale leaves alone."""

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from tests.workflow.called import noted, run_noting, uncounted
from tests.workflow.project import Project

pytestmark = pytest.mark.long

SCALES = [1, 2.5, 4]
TABLES = [f"results/summary/{name}.csv" for name in ("guidance", "frontier")]


def list_scales(project: Project, scales: list[float]) -> None:
    variants = project.study["variants"]
    variants["disamb"]["guidance_scale"] = scales
    project.change_study(variants=variants)


@pytest.fixture(scope="module")
def swept(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The finished tiny study with a list in the place of disamb's scale, and its tables made."""
    project = finished.copy(tmp_path_factory.mktemp("swept") / "project")
    list_scales(project, SCALES)
    project.run(*TABLES)
    return project


def test_each_scale_has_its_images_and_trainings(swept: Project) -> None:
    for scale in SCALES:
        name = f"disamb-{scale:g}"
        assert len(swept.files(f"images/{name}/*.parquet")) == 3
        assert len(swept.files(f"classifiers/resnet/{name}/seed0/predictions.parquet")) == 1
    images = [swept.files(f"images/disamb-{scale:g}/digit-0.parquet") for scale in SCALES]
    assert len({content for each in images for content in each.values()}) == 3


def test_the_tables_say_what_is_in_those_of_the_stages(swept: Project) -> None:
    guidance, frontier, variants, classes = (
        pd.read_parquet(swept.results / f"summary/{name}.parquet")
        for name in ("guidance", "frontier", "variants", "classes")
    )
    assert Counter(guidance["measure"]) == dict.fromkeys(
        ("centroid_accuracy", "knn_accuracy", "top1"), 1 + 3
    )
    assert list(frontier["guidance_scale"]) == SCALES * (1 + 3)
    both = pd.concat([variants, classes])
    of_encoder = guidance[guidance["measure"] != "top1"].fillna({"class_id": ""})
    for row in of_encoder.to_dict("records"):
        source = f"disamb-{row['scale']:g}"
        same = both["class_id"].fillna("") == row["class_id"]
        (expected,) = both.loc[(both["source"] == source) & same, row["measure"]]
        assert row["accuracy"] == pytest.approx(expected)
    shown = frontier[frontier["class_id"].isna()].set_index("source")
    own = variants.set_index("source").loc[shown.index]
    for measure in ("adherence", "centroid_distance", "top1"):
        assert list(shown[measure]) == list(own[measure])


def test_a_further_scale_makes_only_its_own_images_and_trainings(
    swept: Project, tmp_path: Path
) -> None:
    project = swept.copy(tmp_path / "project")
    list_scales(project, [*SCALES, 6])
    jobs = project.jobs(*TABLES)
    made = [job for job in jobs if "disamb-6" in job.wildcards]
    assert Counter(job.rule for job in made) == {
        "generate_images": 3,
        "embed_images": 3,
        "embed_prompts": 1,
        "measure_class": 3,
        "measure_source": 1,
        "measure_pooled": 1,
        "train_classifier": 1,
        "classify_natural": 1,
    }
    # What joins all scales.
    assert {job.rule for job in jobs if job not in made} == {"summarise", "summarise_guidance"}


def test_each_scale_is_a_target(swept: Project) -> None:
    wanted = swept.counts("variant_disamb-2.5", "--forceall")
    assert wanted["generate_images"] == 3
    assert wanted["classify_natural"] == 1
    unknown = swept.snakemake("variant_disamb", "--dry-run")
    assert unknown.returncode == 1


def test_a_study_without_a_sweep_plans_nothing_of_it(finished: Project) -> None:
    counts = finished.counts("all", "--forceall")
    assert not {"classify_natural", "summarise_guidance", "draw_guidance"} & set(counts)


def test_everything_that_its_jobs_call_counts(swept: Project) -> None:
    made = ("guidance/clip/disamb-1", "summary/guidance")
    run_noting(swept, *(f"results/{name}.parquet" for name in made), "--force")
    assert noted(swept).keys() == {"classify_natural.py", "summarise_guidance.py"}
    assert uncounted(swept) == []
