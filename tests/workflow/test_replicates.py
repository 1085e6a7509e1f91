"""Replicates of the tiny study: other seeds beside what it has, which stays as it is."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from synthgap.command_line.headline import answer_of
from synthgap.tables import read
from tests.workflow.called import noted, run_noting, uncounted
from tests.workflow.project import Project

pytestmark = pytest.mark.long

OF_A_REPLICATE = {
    "train_miniature_clip": 1,
    "train_miniature_autoencoder": 1,
    "train_miniature_diffusion": 1,
    "generate_images": 6,
    "embed_images": 12,
    "embed_prompts": 2,
    "measure_class": 12,
    "measure_source": 4,
    "measure_pooled": 4,
    "diagnose_variant": 2,
    "join_diagnoses": 1,
    "count_causes": 1,
    "train_classifier": 1,
    "summarise": 1,
}
"""Jobs: the natural images are read once, and the classifier is trained on them once."""

JOINING = {"join_replicates": 1, "write_report": 1}


def jobs_of(number: int) -> Counter[str]:
    return Counter({f"replicate{number}_{rule}": jobs for rule, jobs in OF_A_REPLICATE.items()})


def made(project: Project) -> dict[str, tuple[bytes, int]]:
    """All but the report, logs, and what replicates have, with the times."""
    left_out = ("report", "logs", "replicates", "summary/replicate")
    return {
        path: (content, (project.results / path).stat().st_mtime_ns)
        for stage in ("*.*", "*/*.*", "*/*/*.*", "*/*/*/*.*", "*/*/*/*/*.*")
        for path, content in project.files(stage).items()
        if not path.startswith((*left_out, "."))
    }


def rows_of(table: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read(table).to_pylist()
    return found


def test_a_study_has_replicates(project: Project) -> None:
    before = made(project)
    assert len(before) > 100
    project.change_study(replicates=1)
    assert set(project.counts()) <= {"write_report"}, "it quotes the study file"

    project.change_study(replicates=2)
    assert project.counts() == jobs_of(2) + Counter(JOINING)
    project.run()
    assert project.jobs() == []
    assert made(project) == before

    replicate = project.results / "replicates/2"
    assert sorted(path.name for path in (replicate / "images").iterdir()) == ["classname", "disamb"]
    seeds, others = (
        {row["seed"] for row in rows_of(folder / "images/disamb/digit-6.parquet")}
        for folder in (project.results, replicate)
    )
    assert len(seeds) == len(others) == 6
    assert not seeds & others
    assert (replicate / "models/clip.fingerprint").read_text() != (
        project.results / "models/clip.fingerprint"
    ).read_text()
    for table in ("variants", "classes", "differences", "diagnosis", "causes"):
        assert (replicate / f"summary/{table}.csv").is_file()

    rows = rows_of(project.results / "summary/replicates.parquet")
    values = [
        row["centroid_distance"]
        for folder in (project.results, replicate)
        for row in rows_of(folder / "summary/variants.parquet")
        if row["source"] == "disamb"
    ]
    alone = {(row["measure"], row["source"]): row for row in rows if row["other"] is None}
    row, natural = alone["centroid_distance", "disamb"], alone["top1", "natural-train"]
    assert row["mean"] == pytest.approx(sum(values) / 2)
    assert [row["least"], row["most"]] == pytest.approx(sorted(values))
    assert natural["between"] == 0, "the natural images' classifier is trained once"
    assert "Numbers are means over 2 trainings" in answer_of(project.results)
    assert "trained 2 times" in (project.results / "report/index.html").read_text()

    run_noting(project, "results/summary/replicates.parquet", "--force")
    assert noted(project).keys() == {"join_replicates.py"}
    assert uncounted(project) == []

    project.change_study(replicates=3)
    assert project.counts() == jobs_of(3) + Counter(JOINING)
    project.change_study(replicates=1)
    assert project.counts() == Counter(write_report=1)
    project.run("--touch")
    project.run("--forcerun", "count_causes", "results/summary/causes.parquet")
    assert not (project.results / "summary/replicates.parquet").exists(), "of another study file"


def test_of_pretrained_models_only_what_is_generated_is_made_again(project: Project) -> None:
    models = {name: {"folder": f"results/models/{name}"} for name in ("clip", "stable-diffusion")}
    generator = project.study["generators"]["stable-diffusion"]
    project.change_study(
        replicates=2,
        miniature=None,
        generators={"stable-diffusion": {**generator, "model": models["stable-diffusion"]}},
        encoders={"clip": {"kind": "clip", "model": models["clip"]}},
    )
    again = {rule: jobs for rule, jobs in project.counts().items() if rule.startswith("replicate")}
    of_two_sources = {
        "embed_images": 6,
        "measure_class": 6,
        "measure_source": 2,
        "measure_pooled": 2,
    }
    trained = {rule for rule in OF_A_REPLICATE if rule.startswith("train_miniature")}
    assert again == {
        f"replicate2_{rule}": of_two_sources.get(rule, jobs)
        for rule, jobs in OF_A_REPLICATE.items()
        if rule not in {*trained, "embed_prompts"}
    }
