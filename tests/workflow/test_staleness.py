"""What makes a job stale, and what does not: shown by dry-runs on a finished study."""

import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Set
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from synthgap.tables import read
from tests.workflow.project import Project

AGGREGATES = {
    "count_flags",
    "join_copies",
    "join_leaks",
    "measure_cross_accuracy",
    "summarise",
    "compare_quoted",
    "write_report",
    "draw_centroid_distance",
    "draw_accuracy",
    "draw_accuracy_against_distance",
    "draw_cross_accuracy",
    "draw_isolation",
    "join_diagnoses",
    "count_causes",
    "propose_changes",
    "draw_causes",
    "summarise_embedding_classifiers",
    "draw_embedding_classifiers",
}
"""Rules of jobs that join all sources and so run again when any of them changes."""


DRAWINGS = {"project_embeddings", "draw_projection", "draw_contact_sheet"}

OF_VARIANTS = AGGREGATES & {
    *("summarise", "compare_quoted", "write_report"),
    *("draw_centroid_distance", "draw_accuracy", "draw_accuracy_against_distance"),
    "draw_isolation",
}
"""Those that join measures."""

OF_EMBEDDING_CLASSIFIERS = {
    *(rule for rule in AGGREGATES if "embedding_classifiers" in rule),
    "write_report",
}

SHOWING_CHARTS = {"write_report"}
"""What shows every chart."""

CHARTS = {rule for rule in AGGREGATES if rule.startswith("draw_")}


class Change(NamedTuple):
    """A change of a finished project, and what it makes stale."""

    what: str
    make: Callable[[Project], object]
    jobs: Mapping[str, int] = MappingProxyType({})
    """Jobs by rule, without those that join all sources or draw."""
    joined: Set[str] = frozenset()
    """Which of `AGGREGATES` run again."""
    of: str = ""
    """What is in the wildcards of each job of a class."""
    asked: tuple[str, ...] = ()
    """What Snakemake is asked for besides."""


def source(path: str, old: str, new: str) -> Callable[[Project], None]:
    """A change of the program."""
    return lambda project: project.change_source(f"src/synthgap/{path}", old, new)


def study(change: Callable[[dict[str, Any]], object]) -> Callable[[Project], None]:
    """A change of the study file."""

    def make(project: Project) -> None:
        sections = project.study
        change(sections)
        project.change_study(**sections)

    return make


def check_out_again(project: Project) -> None:
    for file in project.folder.rglob("*"):
        if file.is_file() and not {"results", ".snakemake"} & set(file.parts):
            content = file.read_bytes()
            file.unlink()
            file.write_bytes(content)


def reword(project: Project) -> None:
    for folder in ("src", "workflow/scripts"):
        for file in (project.folder / folder).rglob("*.py"):
            text = file.read_text()
            text = re.sub(r'^"""', '"""Reworded. ', text, count=1)
            text = re.sub(r"^(    return .*)$", r"\1  # a remark", text, flags=re.MULTILINE)
            file.write_text(f"# A remark.\n\n{text}\n\n\n")


def move_a_module(project: Project) -> None:
    package = project.folder / "src/synthgap"
    (package / "generation/prompt_memo.py").rename(package / "image_files/memo.py")
    project.change_source(
        "src/synthgap/generation/opening.py",
        "from synthgap.generation.prompt_memo import PromptMemo",
        "from synthgap.image_files.memo import PromptMemo",
    )


OF_A_VARIANT = {
    "generate_images": 3,
    "embed_images": 3,
    "measure_class": 3,
    "measure_source": 1,
    "measure_pooled": 1,
    "place_images": 1,
    "diagnose_variant": 1,
    "measure_embedding_classifiers": 1,
}
"""What hangs on the images of a variant."""

CHANGES = (
    Change("nothing", lambda project: None),
    Change("a fresh checkout of the same content", check_out_again),
    Change("comments, docstrings and formatting", reword),
    Change("a moved module", move_a_module),
    Change(
        "a function that no job calls",
        source("measures/spread.py", "\nMEASURE", "\n\ndef unused():\n    pass\n\n\nMEASURE"),
    ),
    Change(
        "the message of an error",
        source("generation/opening.py", "diffusers has no", "diffusers knows no"),
    ),
    Change("plumbing", source("section.py", "did you mean", "do you mean")),
    Change(
        "what decides speed alone, but in the study file that the report quotes",
        study(
            lambda study: (
                study["generators"]["stable-diffusion"].update(
                    batch_size=3, compile=True, max_flagged=0.5
                ),
                study.update(workers=False, jobs_per_device=2),
            )
        ),
        joined={"write_report"},
    ),
    Change(
        "memory and time",
        lambda project: None,
        asked=("--set-resources", "generate_images:mem_mb=9000", "measure_class:runtime=600"),
    ),
    Change(
        "the name of the study, which its report shows",
        study(lambda study: study.update(study="other")),
        joined={"write_report"},
    ),
    Change(
        "classes that the report shows in full",
        study(lambda study: study["report"].update(classes=["digit-6"])),
        joined={"write_report"},
    ),
    Change(
        "a definition, where the recipe uses it",
        study(lambda study: study["classes"][1].update(definition="a ring with a long tail")),
        jobs={
            **OF_A_VARIANT,
            "generate_images": 1,
            "embed_images": 1,
            "embed_prompts": 1,
            "measure_class": 1,
            "train_classifier": 1,
            "count_copies": 1,
            "find_leaks": 1,
        },
        joined=AGGREGATES,
        of="class_id=digit-6",
    ),
    Change(
        "a new variant",
        study(
            lambda study: study["variants"].update(
                weak={**study["variants"]["classname"], "guidance_scale": 2.5}
            )
        ),
        # Of three variants measures can be asked whether they order them alike.
        jobs={
            **OF_A_VARIANT,
            **dict.fromkeys(("embed_prompts", "count_copies", "find_leaks", "compare_orders"), 1),
        },
        joined=AGGREGATES,
        of="=weak,",
    ),
    Change(
        "the guidance scale of a variant",
        study(lambda study: study["variants"]["disamb"].update(guidance_scale=3)),
        jobs={**OF_A_VARIANT, "train_classifier": 1, "count_copies": 1, "find_leaks": 1},
        joined=AGGREGATES,
        of="=disamb,",
    ),
    Change(
        "guidance of a variant at some noise levels",
        study(
            lambda study: (
                study["generators"].update(
                    interval={
                        **study["generators"]["stable-diffusion"],
                        "guidance_interval": {"above": 0.28, "up_to": 5.42},
                    }
                ),
                study["variants"]["disamb"].update(generator="interval"),
            )
        ),
        jobs={**OF_A_VARIANT, "train_classifier": 1, "count_copies": 1, "find_leaks": 1},
        joined=AGGREGATES,
        of="=disamb,",
    ),
    Change(
        "all variants, where one alone is asked for",
        study(lambda study: [each.update(guidance_scale=4) for each in study["variants"].values()]),
        jobs={**OF_A_VARIANT, "train_classifier": 1, "variant_disamb": 1},
        of="disamb",
        asked=("variant_disamb",),
    ),
    Change(
        "a measure of classes",
        source(
            "measures/spread.py",
            "np.mean(np.sum(centred**2, axis=1))",
            "np.mean(np.sum(np.abs(centred), axis=1))",
        ),
        jobs={"measure_class": 12},
        joined=OF_VARIANTS,
    ),
    Change(
        "a measure of sources",
        source("measures/nearest_neighbours.py", "(1, 5, 10, 20)", "(1, 5, 10)"),
        jobs={"measure_source": 4},
        joined=OF_VARIANTS,
    ),
    Change(
        "a classifier on embeddings",
        source("embedding_classifiers/prototypes.py", "(2, 4, 8)", "(2, 4)"),
        jobs={"measure_embedding_classifiers": 3},
        joined=OF_EMBEDDING_CLASSIFIERS,
    ),
    Change(
        "how alike near-duplicates are",
        source("leaks/thresholds.py", "NEAREST_SHARE = 0.05", "NEAREST_SHARE = 0.02"),
        jobs={"find_natural_twins": 1, "find_leaks": 3},
        joined={"join_leaks", "write_report"},
    ),
    Change(
        "a template of the report",
        source("report/templates/flags.html.jinja", "<h3>Copies", "<h3>All copies"),
        joined={"write_report"},
    ),
    Change(
        "a script of the report",
        source("report/app/sorting.js", '"use strict";', '"use strict";\nSG.more = 1;'),
        joined={"write_report"},
    ),
    Change(
        "how the report writes data",
        source("report/scripts.py", "SIGNIFICANT = 5", "SIGNIFICANT = 4"),
        joined={"write_report"},
    ),
    Change(
        "one chart",
        source("figures/charts/cross_accuracy.py", 'cmap="RdBu"', 'cmap="PuOr"'),
        joined={"draw_cross_accuracy"} | SHOWING_CHARTS,
    ),
    Change(
        "how all charts look",
        source("figures/charts/style.py", '"font.size": 10', '"font.size": 11'),
        joined=CHARTS | SHOWING_CHARTS,
    ),
)


@pytest.fixture(scope="module")
def planned(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the finished study in which one change after another is planned, never made."""
    return finished.copy(tmp_path_factory.mktemp("planned") / "project")


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.what)
def test_a_change_makes_stale_what_it_touches(planned: Project, change: Change) -> None:
    originals = planned.folder.parent / "originals"
    shutil.copytree(planned.folder / "src", originals / "src")
    shutil.copytree(planned.folder / "workflow", originals / "workflow")
    study_file = planned.study_file.read_bytes()
    try:
        change.make(planned)
        found = planned.jobs(*change.asked)
    finally:
        for part in ("src", "workflow"):
            shutil.rmtree(planned.folder / part)
            (originals / part).rename(planned.folder / part)
        originals.rmdir()
        planned.study_file.write_bytes(study_file)
    rules = Counter(job.rule for job in found)
    assert {rule: n for rule, n in rules.items() if rule not in AGGREGATES | DRAWINGS} == (
        change.jobs
    )
    assert rules.keys() & AGGREGATES == change.joined
    of_classes = [job for job in found if "class_id" in job.wildcards and job.rule not in DRAWINGS]
    assert [job for job in of_classes if change.of not in job.wildcards] == []


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
