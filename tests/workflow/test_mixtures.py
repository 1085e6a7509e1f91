"""Training after another training set, and the table of mixtures: what is made, what is stale."""

from collections import Counter
from typing import Any

import pandas as pd
import pytest
import yaml
from safetensors import safe_open

from synthgap.training.fine_tuning import hash_of
from tests.workflow.called import noted, run_noting, uncounted
from tests.workflow.project import Project

pytestmark = pytest.mark.long

SETS: dict[str, Any] = {
    "few": {"images_per_class": 3, "proportions": {"natural-train": 1}},
    "mixed": {"images_per_class": 5, "proportions": {"natural-train": 0.6, "disamb": 0.4}},
    "after": {
        "pretrained_on": "disamb",
        "then": {"images_per_class": 3, "proportions": {"natural-train": 1}},
    },
}
TABLE = "results/summary/mixtures.csv"


@pytest.fixture(scope="module")
def mixed(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The finished tiny study with a few natural images alone, mixed and after others."""
    project = finished.copy(tmp_path_factory.mktemp("mixed") / "project")
    project.change_study(training_sets=project.study["training_sets"] | SETS)
    # What was trained before is as it was.
    assert project.counts(TABLE) == Counter(
        train_classifier=2, fine_tune_classifier=1, compare_mixtures=1
    )
    project.run(TABLE)
    return project


def test_the_table_counts_what_each_set_has_seen(mixed: Project) -> None:
    table = pd.read_parquet(mixed.results / "summary/mixtures.parquet").set_index("training_set")
    assert list(table.index) == ["natural", "disamb", "few", "mixed", "after"]
    assert list(table["natural"]) == [8, 0, 3, 3, 3]
    assert list(table["synthetic"]) == [0, 6, 0, 2, 6]
    assert table.loc["after", "pretrained_on"] == "disamb"
    assert list(table["gain"].notna()) == [False, False, False, True, True]
    assert list(table["place"].notna()) == [False, True, False, True, True]


def test_weights_say_what_they_started_from(mixed: Project) -> None:
    folder = mixed.results / "classifiers/resnet"
    with safe_open(folder / "after/seed0/weights.safetensors", "numpy") as file:
        said = file.metadata()["synthgap"]
    started = hash_of(folder / "disamb/seed0/weights.safetensors")
    assert f'started_from\\":\\"{started}' in said
    assert 'pretrained_on\\":\\"disamb' in said


def test_another_set_before_makes_that_training_stale_and_no_other(mixed: Project) -> None:
    assert mixed.counts(TABLE) == {}
    text = mixed.study_file.read_text()
    study = mixed.study
    study["training_sets"]["after"]["pretrained_on"] = "mixed"
    mixed.study_file.write_text(yaml.safe_dump(study, sort_keys=False))
    jobs = mixed.jobs(TABLE)
    assert Counter(job.rule for job in jobs) == {"fine_tune_classifier": 1, "compare_mixtures": 1}
    mixed.study_file.write_text(text)


def test_what_changes_the_training_before_is_trained_anew_and_after_it(mixed: Project) -> None:
    jobs = mixed.jobs("classifiers", "--config", "images_per_class=7")
    found = {
        job.wildcards for job in jobs if job.rule in ("train_classifier", "fine_tune_classifier")
    }
    assert found == {
        f"classifier=resnet, training_set={name}, seed=0" for name in ("disamb", "mixed", "after")
    }


def test_a_study_without_them_plans_nothing_of_it(finished: Project) -> None:
    counts = finished.counts("all", "--forceall")
    assert not {"fine_tune_classifier", "compare_mixtures", "draw_mixtures"} & set(counts)


def test_everything_that_its_jobs_call_counts(mixed: Project) -> None:
    made = ("classifiers/resnet/after/seed0/predictions", "summary/mixtures")
    run_noting(mixed, *(f"results/{name}.parquet" for name in made), "--force")
    assert noted(mixed).keys() == {"fine_tune_classifier.py", "compare_mixtures.py"}
    assert uncounted(mixed) == []
