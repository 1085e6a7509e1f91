"""A study on a cluster: its results, and what its jobs ask for."""

import re

import pytest

from tests.cluster.slurm import Cluster
from tests.workflow.project import Project

ON_A_GPU = {"generate_images", "embed_images", "embed_prompts", "train_classifier"}

LOCAL = {
    *("join_diagnoses", "count_causes", "propose_changes", "draw_causes"),
    "draw_centroid_distance",
    *("summarise_embedding_classifiers", "draw_embedding_classifiers"),
    *("draw_accuracy", "draw_accuracy_against_distance", "draw_cross_accuracy"),
    *("draw_isolation", "draw_projection", "compare_quoted", "join_copies", "join_leaks"),
}


@pytest.mark.parametrize(
    "stage",
    [
        *("images", "embeddings", "measures", "classifiers", "diagnosis", "summary"),
        *("positions", "projections", "figures", "report"),
    ],
)
def test_results_are_those_of_a_local_run(local: Project, clustered: Project, stage: str) -> None:
    files, others = (
        {
            path: content
            for path, content in project.files(f"{stage}/**/[!.]*.*").items()
            # Times lie in files of their own.
            if "/events/" not in path and path != "report/data/times.js"
        }
        for project in (local, clustered)
    )
    assert files
    assert files.keys() == others.keys()
    assert [path for path, content in files.items() if others[path] != content] == []


@pytest.fixture
def requested(cluster: Cluster, clustered: Project) -> dict[str, dict[str, str]]:
    """Of each rule what its job asked SLURM for."""
    ran = (clustered.folder / "snakemake.log").read_text()
    numbers = set(re.findall(r"external_jobid: (\d+)|SLURM jobid (\d+)", ran))
    found = {}
    for job in cluster.jobs():
        if any(job.number in pair for pair in numbers):
            rule = job.comment.removeprefix("rule_").split("_wildcards_")[0]
            found[rule] = {
                "gpus": job.gpus,
                **dict(item.split("=") for item in job.requested.split(",")),
            }
    return found


def test_light_jobs_stay_here(requested: dict[str, dict[str, str]], clustered: Project) -> None:
    assert not LOCAL & requested.keys()
    ran = (clustered.folder / "snakemake.log").read_text()
    assert set(re.findall(r"^localrule (\w+):", ran, re.MULTILINE)) - {"all"} == LOCAL


def test_gpus_are_for_jobs_of_models(requested: dict[str, dict[str, str]]) -> None:
    gpus = {rule: wanted["gpus"] for rule, wanted in requested.items()}
    assert {rule for rule, wanted in gpus.items() if wanted == "gres:gpu:1"} == ON_A_GPU
    assert {wanted for rule, wanted in gpus.items() if rule not in ON_A_GPU} == {"N/A"}


def test_jobs_of_models_ask_for_more_memory(requested: dict[str, dict[str, str]]) -> None:
    models = ON_A_GPU | {rule for rule in requested if rule.startswith("train_")}
    for rule, wanted in requested.items():
        megabytes = {"M": 1, "G": 1024}[wanted["mem"][-1]] * float(wanted["mem"][:-1])
        assert (megabytes >= 4000) == (rule in models), (rule, megabytes)
