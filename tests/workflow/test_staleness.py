"""What makes a job stale, and what does not: shown by dry-runs on a finished study."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from synthgap.tables import read
from tests.workflow.project import Job, Project

AGGREGATES = {
    "count_flags",
    "write_flags",
    "measure_cross_accuracy",
    "summarise",
    "compare_quoted",
    "write_answer",
    "write_quoted",
    "write_measures",
    "draw_charts",
    "draw_isolation",
    "join_diagnoses",
    "count_causes",
    "write_diagnosis",
    "draw_causes",
    "summarise_embedding_classifiers",
    "draw_embedding_classifiers",
    "write_embedding_classifiers",
}
"""Jobs that join all sources and so run again when any of them changes."""


def without_aggregates(jobs: list[Job]) -> Counter[str]:
    drawings = {"project_embeddings", "draw_projection", "draw_contact_sheet"}
    return Counter(job.rule for job in jobs if job.rule not in AGGREGATES | drawings)


def test_nothing_changed_means_nothing_to_do(project: Project) -> None:
    assert project.jobs() == []
    assert "Nothing to be done" in project.run()


def test_a_new_checkout_of_the_same_content_changes_nothing(project: Project) -> None:
    for file in project.folder.rglob("*"):
        if file.is_file() and not {"results", ".snakemake"} & set(file.parts):
            content = file.read_bytes()
            file.unlink()
            file.write_bytes(content)
    assert project.jobs() == []


def test_comments_docstrings_and_formatting_change_nothing(project: Project) -> None:
    for folder in ("src", "workflow/scripts"):
        for file in (project.folder / folder).rglob("*.py"):
            text = file.read_text()
            text = re.sub(r'^"""', '"""Reworded. ', text, count=1)
            text = re.sub(r"^(    return .*)$", r"\1  # a remark", text, flags=re.MULTILINE)
            file.write_text(f"# A remark.\n\n{text}\n\n\n")
    assert project.jobs() == []


def test_a_definition_touches_its_class_where_the_recipe_uses_it(project: Project) -> None:
    classes = project.study["classes"]
    classes[1]["definition"] = "a ring with a long tail above it"
    project.change_study(classes=classes)
    jobs = project.jobs()
    assert without_aggregates(jobs) == {
        "generate_images": 1,
        "embed_images": 1,
        "embed_prompts": 1,
        "measure_class": 1,
        "measure_source": 1,
        "measure_pooled": 1,
        "diagnose_variant": 1,
        "measure_embedding_classifiers": 1,
        "train_classifier": 1,
    }
    of_class = {job.wildcards for job in jobs if "class_id" in job.wildcards}
    assert all("digit-6" in wildcards for wildcards in of_class)
    assert Job("generate_images", "variant=disamb, class_id=digit-6") in jobs
    assert {job.rule for job in jobs} >= AGGREGATES


def test_a_new_variant_touches_no_other(project: Project) -> None:
    variants = project.study["variants"]
    variants["weak"] = {**variants["classname"], "guidance_scale": 2.5}
    project.change_study(variants=variants)
    jobs = project.jobs()
    assert without_aggregates(jobs) == {
        "generate_images": 3,
        "embed_images": 3,
        "embed_prompts": 1,
        "measure_class": 3,
        "measure_source": 1,
        "measure_pooled": 1,
        "diagnose_variant": 1,
        "measure_embedding_classifiers": 1,
    }
    assert {job.rule for job in jobs} >= AGGREGATES


def test_guidance_touches_its_variant_alone(project: Project) -> None:
    variants = project.study["variants"]
    variants["disamb"]["guidance_scale"] = 3
    project.change_study(variants=variants)
    jobs = project.jobs()
    assert without_aggregates(jobs) == {
        "generate_images": 3,
        "embed_images": 3,
        "measure_class": 3,
        "measure_source": 1,
        "measure_pooled": 1,
        "diagnose_variant": 1,
        "measure_embedding_classifiers": 1,
        "train_classifier": 1,
    }
    generated = {job.wildcards for job in jobs if job.rule == "generate_images"}
    assert all("variant=disamb," in wildcards for wildcards in generated)


def test_what_decides_speed_alone_and_the_name_touch_nothing(project: Project) -> None:
    generators = project.study["generators"]
    generators["stable-diffusion"] |= {"batch_size": 3, "compile": True, "max_flagged": 0.5}
    project.change_study(generators=generators, workers=False, jobs_per_device=2, study="other")
    more = ["--set-resources", "generate_images:mem_mb=9000", "measure_class:runtime=600"]
    # The page that shows the name is the only one to change.
    assert project.counts(*more) == {"write_answer": 1}


def test_a_reworded_error_touches_nothing(project: Project) -> None:
    project.change_source(
        "src/synthgap/generation/opening.py", "diffusers has no", "diffusers knows no"
    )
    project.change_source("src/synthgap/section.py", "did you mean", "do you mean")
    assert project.jobs() == []


@pytest.mark.parametrize(
    ("template", "pages"),
    [
        ("flags", {"write_flags": 1}),
        (
            "base",
            {
                f"write_{page}": 1
                for page in (
                    *("answer", "quoted", "measures", "diagnosis", "embedding_classifiers"),
                    *("flags", "quarantine"),
                )
            },
        ),
    ],
)
def test_a_changed_template_touches_the_pages_that_use_it(
    project: Project, template: str, pages: dict[str, int]
) -> None:
    path = f"src/synthgap/figures/pages/templates/{template}.html.jinja"
    project.change_source(path, "{% block body", "<hr>{% block body")
    assert project.counts() == pages


def test_a_measure_of_classes_reruns_itself_and_what_follows(project: Project) -> None:
    project.change_source(
        "src/synthgap/measures/spread.py",
        "np.mean(np.sum(centred**2, axis=1))",
        "np.mean(np.sum(np.abs(centred), axis=1))",
    )
    jobs = project.counts()
    assert jobs["measure_class"] == 12
    assert set(jobs) == {
        "measure_class",
        "summarise",
        "compare_quoted",
        "write_answer",
        "write_quoted",
        "write_measures",
        "draw_charts",
        "draw_isolation",
    }


def test_a_measure_of_sources_reruns_itself_and_what_follows(project: Project) -> None:
    project.change_source(
        "src/synthgap/measures/nearest_neighbours.py", "(1, 5, 10, 20)", "(1, 5, 10)"
    )
    jobs = project.counts()
    assert jobs["measure_source"] == 4
    assert set(jobs) == {
        "measure_source",
        "summarise",
        "compare_quoted",
        "write_answer",
        "write_quoted",
        "write_measures",
        "draw_charts",
        "draw_isolation",
    }


def test_a_classifier_on_embeddings_reruns_its_stage_and_what_follows(project: Project) -> None:
    project.change_source("src/synthgap/embedding_classifiers/prototypes.py", "(2, 4, 8)", "(2, 4)")
    assert project.counts() == {
        "measure_embedding_classifiers": 3,
        "summarise_embedding_classifiers": 1,
        "draw_embedding_classifiers": 1,
        "write_embedding_classifiers": 1,
    }


def test_one_variant_can_be_brought_up_to_date_alone(project: Project) -> None:
    variants = project.study["variants"]
    for variant in variants.values():
        variant["guidance_scale"] = 4
    project.change_study(variants=variants)
    jobs = project.jobs("variant_disamb")
    assert Counter(job.rule for job in jobs if job.rule != "variant_disamb") == {
        "generate_images": 3,
        "embed_images": 3,
        "measure_class": 3,
        "measure_source": 1,
        "measure_pooled": 1,
        "diagnose_variant": 1,
        "measure_embedding_classifiers": 1,
        "train_classifier": 1,
    }
    assert not any("classname" in job.wildcards for job in jobs)


def test_more_images_keep_the_old_ones(project: Project) -> None:
    before = {
        path: read(project.folder / "results" / path)
        for path in project.files("images/*/*.parquet")
    }
    project.change_study(images_per_class=8)
    project.run("images")
    log = (project.folder / "results/logs/images/disamb/digit-0.log").read_text()
    assert "6 images kept, 2 made" in log
    for path, table in before.items():
        after = read(project.folder / "results" / path)
        if path.startswith("images/natural"):
            assert after.equals(table)
        else:
            assert after.num_rows == 8
            assert after.slice(0, 6).equals(table)


def test_a_damaged_run_loses_at_most_its_job(project: Project) -> None:
    """An output that vanished is made again, and comes out the same, so that nothing follows."""
    images = Path("images/disamb/digit-0.parquet")
    file = project.folder / "results" / images
    before = file.read_bytes()
    os.unlink(file)
    assert project.counts("images") == {"generate_images": 1, "images": 1}
    project.run("images")
    assert file.read_bytes() == before
