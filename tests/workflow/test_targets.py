"""Target rules, study files and what `make study` prints."""

import re
import subprocess
import sys

import pytest
import yaml

from tests.workflow.project import ROOT, Project

STAGES = {
    "images": {"read_images": 6, "generate_images": 6},
    "embeddings": {"embed_images": 12, "embed_prompts": 2},
    "measures": {
        "measure_class": 12,
        "measure_source": 4,
        "measure_pooled": 4,
        "measure_cross_accuracy": 1,
        "place_images": 4,
        "measure_embedding_classifiers": 3,
    },
    "classifiers": {"train_classifier": 2},
    "summary": {
        "summarise": 1,
        "compare_quoted": 1,
        "project_embeddings": 1,
        "summarise_embedding_classifiers": 1,
        "diagnose_variant": 2,
        "join_diagnoses": 1,
        "count_causes": 1,
        "propose_changes": 1,
        "count_flags": 1,
        "count_copies": 4,
        "join_copies": 1,
        "find_natural_twins": 1,
        "find_leaks": 3,
        "join_leaks": 1,
        "join_quarantine": 1,
    },
}
"""Of each stage the jobs that it alone adds."""


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_brings_its_files_up_to_date_and_no_later_ones(
    stage: str, finished: Project
) -> None:
    counts = finished.counts(stage, "--forceall")
    stages = list(STAGES)
    later = [rule for name in stages[stages.index(stage) + 1 :] for rule in STAGES[name]]
    assert {rule: counts[rule] for rule in STAGES[stage]} == STAGES[stage]
    assert not set(later) & set(counts)
    assert not [rule for rule in counts if rule.startswith(("draw_", "write_"))]


def test_the_default_study_needs_no_option(finished: Project) -> None:
    done = finished.snakemake("--dry-run", "--config", "results=elsewhere", study=False)
    assert done.returncode == 0
    assert "variant=promptaug, class_id=digit-9" in done.stdout + done.stderr


def test_a_study_file_takes_nothing_from_the_default(finished: Project) -> None:
    """The default has a variant promptaug and ten classes; this study names neither."""
    default = yaml.safe_load((ROOT / "config/miniature.yaml").read_text())
    assert "promptaug" in default["variants"]
    jobs = finished.jobs("--forceall")
    assert not [job for job in jobs if "promptaug" in job.wildcards or "digit-3" in job.wildcards]


@pytest.mark.parametrize("place", ["images/disamb", "images/natural-val", "embeddings/clip/disamb"])
def test_a_class_that_the_study_has_not_is_made_from_nothing(place: str, finished: Project) -> None:
    done = finished.snakemake("--dry-run", f"results/{place}/digit-3.parquet")
    assert done.returncode == 1
    source = place.split("/")[-1]
    refused = r"No rule to produce|affected files:\s+"
    assert re.search(rf"({refused}) *results/images/{source}/digit-3.parquet", done.stdout)
    assert "Traceback" not in done.stdout


def test_single_values_can_be_overridden(finished: Project) -> None:
    jobs = finished.counts("images", "--config", "images_per_class=9")
    assert jobs == {"generate_images": 6, "images": 1}


def test_the_headline_has_a_row_a_source(finished: Project) -> None:
    command = [sys.executable, "-m", "synthgap", "headline", "results"]
    done = subprocess.run(command, cwd=finished.folder, text=True, capture_output=True, check=True)
    for source in ("natural-train", "natural-val", "classname", "disamb"):
        assert f"\n{source} " in done.stdout
    assert "[" in done.stdout
    missing = subprocess.run(
        [*command[:-1], "nowhere"],
        cwd=finished.folder,
        text=True,
        capture_output=True,
        check=False,
    )
    assert missing.returncode == 1
    assert missing.stderr.startswith("synthgap: nowhere/summary/variants.parquet: not made yet")
