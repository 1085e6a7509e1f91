"""Proposals: the commands try just what they say, and plan nothing else."""

import re
import shlex
from collections import Counter
from typing import Any

import pandas as pd
import pytest
import yaml

from synthgap.study.changeable import changeable as said_of
from synthgap.study.model import Study
from synthgap.summary.changes import changeable
from synthgap.summary.proposals import Command, proposals_table
from synthgap.tables import read
from tests.workflow.project import Project

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def proposing(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The finished tiny study, to which everything is added that could be proposed for a class."""
    return finished.copy(tmp_path_factory.mktemp("proposing") / "project")


@pytest.fixture(scope="module")
def proposals(proposing: Project) -> list[dict[str, Any]]:
    """Of digit-6 if it had every defect in both variants."""
    diagnosis = pd.read_parquet(proposing.results / "summary/diagnosis.parquet")
    diagnosis["suffers"] = diagnosis["class_id"] == "digit-6"
    diagnosis["other_class"] = "digit-9"
    study = Study.model_validate(proposing.study)
    model = str(proposing.results / "models/stable-diffusion")
    folders = dict.fromkeys(study.variants, model)
    table = proposals_table(
        diagnosis,
        changeable(said_of(study), folders, [], []),
        Command(["snakemake", "--configfile", "study.yaml"], "results", "clip", "resnet"),
    )
    found: list[dict[str, Any]] = table.to_pylist()
    sections = proposing.study
    for proposal in found:
        for section, entries in yaml.safe_load(proposal["fragment"]).items():
            sections[section] = {**sections.get(section, {}), **entries}
    proposing.change_study(**sections)
    return found


def planned(project: Project, command: str) -> Counter[str]:
    """What a command would run, and that all of it is of one class."""
    words = shlex.split(command)
    assert words[0] == "snakemake"
    done = project.snakemake(*words[1:], "--dry-run", study=False)
    assert done.returncode == 0, done.stderr[-3000:]
    rules = re.findall(r"^rule (\w+):", done.stdout + done.stderr, re.MULTILINE)
    classes = re.findall(r"class_id=([\w-]+)", done.stdout + done.stderr)
    assert set(classes) <= {"digit-6"}
    return Counter(rules)


def test_each_command_plans_the_images_of_one_class_and_its_measures(
    proposing: Project, proposals: list[dict[str, Any]]
) -> None:
    assert Counter(each["cause"] for each in proposals) == {
        "ambiguity": 5,
        "adherence": 3,
        "diversity": 4,
        "concept": 6,
    }
    of_class = Counter(generate_images=1, embed_images=1, measure_class=1)
    of_captions = Counter(
        measure_captions=1,
        pair_captions=1,
        generate_captioned_images=1,
        embed_images=1,
        measure_class=1,
    )
    commands = {each["command"]: each for each in proposals}
    of_begun = Counter(
        choose_natural_images=1, generate_adapted_images=1, embed_images=1, measure_class=1
    )
    assert len(commands) == 13
    for command, proposal in commands.items():
        if proposal["variant"] is None:
            expected = Counter(train_classifier=1)
        else:
            by_end = {"captions": of_captions, "begun": of_begun}
            expected = by_end.get(proposal["variant"].rsplit("-", 1)[-1], of_class)
        assert planned(proposing, command) == expected, command


def test_a_proposal_is_tried_by_its_command(
    proposing: Project, proposals: list[dict[str, Any]]
) -> None:
    away = next(each for each in proposals if "without" in (each["variant"] or ""))
    done = proposing.snakemake(*shlex.split(away["command"])[1:], study=False)
    assert done.returncode == 0, done.stderr[-3000:]
    images = read(proposing.results / f"images/{away['variant']}/digit-6.parquet")
    assert set(images["prompt"].to_pylist()) == {away["prompt"]}
    before = read(proposing.results / f"images/{away['source']}/digit-6.parquet")
    assert images["seed"].equals(before["seed"])
    assert not set(images["sha256"].to_pylist()) & set(before["sha256"].to_pylist())


def test_the_table_of_a_study_names_its_file(finished: Project) -> None:
    found = read(finished.results / "summary/proposals.parquet").to_pylist()
    assert found
    for row in found:
        if row["command"] is not None:
            assert row["command"].startswith("snakemake results/")
            assert row["command"].endswith(" --configfile study.yaml")


def test_it_is_a_table_of_tables_and_no_image_changes_for_it(finished: Project) -> None:
    counts = finished.counts("results/summary/proposals.csv", "--force")
    assert counts == {"propose_changes": 1}
