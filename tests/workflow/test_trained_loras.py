"""LoRAs that the study trains: what they are made of, who shares them, what is stale."""

import shutil
from collections import Counter
from pathlib import Path

import pytest

from synthgap.tables import read
from tests.workflow.called import noted, run_noting, uncounted
from tests.workflow.project import Project

pytestmark = pytest.mark.long

VARIANTS = ("taught", "halved")
LORA = "models/loras/of-natural"


@pytest.fixture(scope="module")
def taught(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The tiny study with a LoRA that two variants load, at two scales."""
    project = finished.copy(tmp_path_factory.mktemp("taught") / "project")
    study = project.study
    plain = {**study["generators"]["stable-diffusion"], "kind": "adapted"}
    scales = dict(zip(VARIANTS, (1, 0.5), strict=True))
    project.change_study(
        loras={
            "of-natural": {
                "of": "stable-diffusion",
                "prompts": "disamb",
                "steps": 3,
                "batch_size": 4,
                "learning_rate": 0.05,
            }
        },
        generators={
            **study["generators"],
            **{
                name: {**plain, "loras": [{"trained": "of-natural", "scale": scale}]}
                for name, scale in scales.items()
            },
        },
        variants={
            **study["variants"],
            **{name: {**study["variants"]["disamb"], "generator": name} for name in VARIANTS},
        },
    )
    return project


def made_of(project: Project, *arguments: str) -> set[str]:
    """The variants whose images would be made."""
    return {
        wildcards.split("variant=")[1].split(",")[0]
        for rule, wildcards in project.jobs(*arguments)
        if rule.startswith("generate")
    }


def test_the_study_runs_through_and_nothing_is_left(taught: Project) -> None:
    jobs = taught.counts()
    assert jobs["train_lora"] == 1
    assert jobs["generate_adapted_images"] == 6
    assert not {"read_images", "generate_images", "train_miniature_diffusion"} & jobs.keys()
    run_noting(taught, *(f"results/images/{name}/digit-6.parquet" for name in VARIANTS))
    taught.run()
    assert taught.jobs() == []


def test_everything_that_its_jobs_call_counts(taught: Project) -> None:
    assert noted(taught).keys() == {"train_lora.py", "generate_adapted_images.py"}
    assert uncounted(taught) == []


def test_images_are_other_ones_than_without_at_each_scale(taught: Project) -> None:
    tables = [
        read(taught.results / f"images/{name}/digit-6.parquet").to_pylist()
        for name in ("disamb", *VARIANTS)
    ]
    for rows in zip(*tables, strict=True):
        assert len({row["sha256"] for row in rows}) == len({row["key"] for row in rows}) == 3
        assert len({row["seed"] for row in rows}) == 1


def test_the_leak_check_covers_them(taught: Project) -> None:
    sources = {row["source"] for row in read(taught.results / "summary/leaks.parquet").to_pylist()}
    assert sources >= set(VARIANTS)


def test_another_rank_trains_it_anew_and_makes_its_images_alone(taught: Project) -> None:
    loras = taught.study["loras"]
    taught.change_study(loras={"of-natural": {**loras["of-natural"], "rank": 2}})
    stale, variants = taught.counts(), made_of(taught)
    taught.change_study(loras=loras)
    assert stale["train_lora"] == 1
    assert stale["generate_adapted_images"] == 6
    assert variants == set(VARIANTS)
    assert not {"read_images", "generate_images", "embed_prompts"} & stale.keys()
    assert taught.jobs() == []


def test_another_scale_trains_nothing(taught: Project) -> None:
    generators = taught.study["generators"]
    halved = {**generators["halved"], "loras": [{"trained": "of-natural", "scale": 0.25}]}
    taught.change_study(generators={**generators, "halved": halved})
    stale, variants = taught.counts("images"), made_of(taught, "images")
    taught.change_study(generators=generators)
    assert stale["train_lora"] == 0
    assert variants == {"halved"}


def test_a_natural_image_of_any_class_that_changed_trains_it_anew(taught: Project) -> None:
    table = taught.results / "images/natural-train/digit-0.parquet"
    content = table.read_bytes()
    table.write_bytes((taught.results / "images/natural-train/digit-9.parquet").read_bytes())
    stale = taught.counts("results/images/taught/digit-6.parquet")
    table.write_bytes(content)
    assert stale == Counter(train_lora=1, generate_adapted_images=1)


def test_one_that_comes_out_the_same_makes_nothing_stale(taught: Project) -> None:
    fingerprint = taught.results / f"{LORA}.fingerprint"
    before = fingerprint.read_text()
    fingerprint.unlink()
    taught.run(f"results/{LORA}.fingerprint")
    assert fingerprint.read_text() == before
    assert taught.jobs() == []


def test_none_of_natural_val_is_seen(taught: Project) -> None:
    planned = taught.snakemake(f"results/{LORA}.fingerprint", "--dry-run", "--forceall").stdout
    (job,) = planned.split("rule train_lora:")[1:]
    inputs = job.split("output:")[0]
    assert inputs.count("images/natural-train/") == 3
    assert "natural-val" not in job.split("\n\n")[0]


def test_it_comes_before_batches_of_classes(taught: Project, tmp_path: Path) -> None:
    project = taught.copy(tmp_path / "project")
    shutil.rmtree(project.results / "models/loras")
    for stage in ("images", "embeddings/clip", "measures/clip"):
        for name in VARIANTS:
            shutil.rmtree(project.results / stage / name)
    jobs = project.counts("classes", "--batch", "classes=1/2")
    assert jobs["generate_adapted_images"] > 0
    assert jobs["train_lora"] == 1


def test_a_replicate_has_its_own_of_the_same_natural_images(taught: Project) -> None:
    target = "results/replicates/2/images/taught/digit-6.parquet"
    planned = taught.snakemake(target, "--dry-run", "--config", "replicates=2").stdout
    (job,) = planned.split("rule replicate2_train_lora:")[1:]
    inputs, rest = job.split("output:")[:2]
    assert inputs.count("results/images/natural-train/") == 3
    assert "results/replicates/2/models/stable-diffusion.fingerprint" in inputs
    assert f"results/replicates/2/{LORA}.fingerprint" in rest
    assert "rule read_images:" not in planned


def test_a_study_without_any_plans_nothing_of_it(finished: Project) -> None:
    assert not [rule for rule in finished.counts("all", "--forceall") if "lora" in rule]
