"""Groups of classes: what they plan, what they say, and what they leave as it is."""

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from tests.workflow.called import noted, run_noting, uncounted
from tests.workflow.project import Project

pytestmark = pytest.mark.long

GROUPS = {"loops": ["digit-9", "digit-6"], "all of them": ["digit-0", "digit-6", "digit-9"]}
TABLES = ("groups", "group_differences", "group_causes")
NEW = Counter(score_images=4, summarise_groups=1, write_report=1)


@pytest.fixture(scope="module")
def grouped(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The finished tiny study with two groups; the second job runs without workers."""
    project = finished.copy(tmp_path_factory.mktemp("grouped") / "project")
    project.change_study(groups=GROUPS)
    # Nothing that was there is stale but the report, which gains a part.
    assert project.counts() == NEW
    run_noting(project, *(f"results/summary/{name}.parquet" for name in TABLES))
    project.run("results/report")
    return project


def table(project: Project, name: str) -> pd.DataFrame:
    return pd.read_parquet(project.results / f"summary/{name}.parquet")


def test_a_group_of_all_classes_has_the_numbers_of_the_study(grouped: Project) -> None:
    groups, variants = (table(grouped, name) for name in ("groups", "variants"))
    own = groups[groups["group"] == "all of them"].reset_index(drop=True)
    shared = [column for column in variants if column in own]
    assert {"knn_accuracy_low", "adherence", "vendi_score_high", "top1", "top1_low"} <= {*shared}
    pd.testing.assert_frame_equal(own[shared], variants[shared], rtol=1e-12, atol=1e-12)


def test_a_group_has_the_means_of_its_classes(grouped: Project) -> None:
    groups, classes = (table(grouped, name) for name in ("groups", "classes"))
    own = groups[groups["group"] == "loops"].set_index("source")
    measures = [name for name in own if f"{name}_low" in own and name in classes]
    means = classes[classes["class_id"].isin(GROUPS["loops"])].groupby("source", sort=False)
    pd.testing.assert_frame_equal(own[measures], means[measures].mean(), rtol=1e-9)
    assert set(own["classes"]) == {2}
    causes = table(grouped, "group_causes")
    assert set(causes[causes["group"] == "loops"]["classes"]) <= {0, 2}


def test_the_report_has_a_part_for_them_where_there_are_any(
    grouped: Project, finished: Project
) -> None:
    page, before = (
        (project.results / "report/index.html").read_text() for project in (grouped, finished)
    )
    assert "By group" in page
    assert "loops" in page
    assert "By group" not in before


def test_another_group_measures_nothing_anew(grouped: Project, tmp_path: Path) -> None:
    project = grouped.copy(tmp_path / "project")
    listed = "group,class_id\nround,digit-0\nround,digit-6\n"
    (project.folder / "groups.csv").write_text(listed)
    project.change_study(groups={"file": "groups.csv"})
    assert project.counts() == Counter(summarise_groups=1, write_report=1)
    project.change_study(groups={name: members[::-1] for name, members in GROUPS.items()})
    assert project.counts() == {}, "their order is the study's"


def test_a_class_that_is_not_there_is_said_in_one_line(grouped: Project, tmp_path: Path) -> None:
    project = grouped.copy(tmp_path / "project")
    project.change_study(groups={"hard": ["digit-7"]})
    done = project.snakemake("--dry-run")
    assert done.returncode != 0
    assert (
        "study.yaml: groups.hard: the study has no class digit-7; write a class_id that stands in "
        "classes" in done.stderr
    )


def test_everything_that_its_jobs_call_counts(grouped: Project) -> None:
    assert noted(grouped).keys() == {"score_images.py", "summarise_groups.py"}
    assert uncounted(grouped) == []
