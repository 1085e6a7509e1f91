"""Adapted generators: what is made from natural images, what stands in tables, what is stale."""

import os
import re
from collections import Counter
from pathlib import Path

import diffusers
import pytest
import torch
from peft import LoraConfig, get_peft_model_state_dict

from synthgap.tables import read
from tests.workflow.called import noted, run_noting, uncounted
from tests.workflow.project import Project, errors

pytestmark = pytest.mark.long

LORA = "lora.safetensors"
TABLES = tuple(f"results/images/{name}/digit-6.parquet" for name in ("begun", "low-rank"))
BEGUN, LOW_RANK = TABLES


def save_lora(folder: Path, file: Path, seed: int) -> None:
    torch.manual_seed(seed)
    unet = diffusers.UNet2DConditionModel.from_pretrained(folder, subfolder="unet")
    unet.add_adapter(LoraConfig(r=2, init_lora_weights=False, target_modules=["to_q", "to_k"]))
    diffusers.StableDiffusionPipeline.save_lora_weights(
        file.parent, get_peft_model_state_dict(unet), weight_name=file.name
    )


@pytest.fixture(scope="module")
def adapted(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The finished tiny study with a variant from natural images, and one with a LoRA."""
    project = finished.copy(tmp_path_factory.mktemp("adapted") / "project")
    study = project.study
    save_lora(project.results / "models/stable-diffusion", project.folder / LORA, 0)
    plain = {**study["generators"]["stable-diffusion"], "kind": "adapted"}
    project.change_study(
        generators={
            **study["generators"],
            "begun": {**plain, "image_to_image": {"strength": 0.5}},
            "low-rank": {**plain, "loras": [{"file": LORA}]},
        },
        variants={
            **study["variants"],
            "begun": {**study["variants"]["disamb"], "generator": "begun"},
            "low-rank": {**study["variants"]["disamb"], "generator": "low-rank"},
        },
    )
    # What was made before is as it was.
    assert project.counts(*TABLES) == Counter(
        choose_natural_images=1, fingerprint_weights=1, generate_adapted_images=2
    )
    run_noting(project, *TABLES)
    return project


def test_each_image_has_one_of_its_class_in_natural_train(adapted: Project) -> None:
    choices = read(adapted.results / "natural_choices/digit-6.parquet").to_pylist()
    natural, val = (
        {
            row["index"]: row["key"]
            for row in read(adapted.results / f"images/{source}/digit-6.parquet").to_pylist()
        }
        for source in ("natural-train", "natural-val")
    )
    images = read(adapted.folder / BEGUN).to_pylist()
    assert [row["index"] for row in choices] == [row["index"] for row in images]
    assert [row["seed"] for row in choices] == [row["seed"] for row in images]
    assert len({row["natural_index"] for row in choices}) == len(images) == 6
    for row in choices:
        assert natural[row["natural_index"]] == row["natural_key"]
        assert row["natural_key"] not in val.values()
    jobs = adapted.snakemake(*TABLES, "--dry-run", "--forceall").stdout
    for rule in ("generate_adapted_images", "choose_natural_images"):
        for part in jobs.split(f"rule {rule}:")[1:]:
            assert "natural-val" not in part.split("\n\n")[0]


def test_images_are_other_ones_than_without(adapted: Project) -> None:
    found = {
        name: read(adapted.results / f"images/{name}/digit-6.parquet").to_pylist()
        for name in ("disamb", "begun", "low-rank")
    }
    for rows in zip(*found.values(), strict=True):
        assert len({row["sha256"] for row in rows}) == len({row["key"] for row in rows}) == 3
        assert len({row["seed"] for row in rows}) == 1


def test_a_natural_image_that_changed_makes_its_class_stale_alone(adapted: Project) -> None:
    table = adapted.results / "images/natural-train/digit-6.parquet"
    content = table.read_bytes()
    table.write_bytes((adapted.results / "images/natural-train/digit-9.parquet").read_bytes())
    stale = adapted.counts(BEGUN, LOW_RANK)
    table.write_bytes(content)
    assert stale["choose_natural_images"] == stale["generate_adapted_images"] == 1


def test_another_strength_makes_its_images_alone(adapted: Project) -> None:
    generators = adapted.study["generators"]
    begun = {**generators["begun"], "image_to_image": {"strength": 1}}
    adapted.change_study(generators={**generators, "begun": begun})
    stale = adapted.counts(*TABLES)
    adapted.change_study(generators=generators)
    assert stale == Counter(generate_adapted_images=1)
    assert adapted.counts(*TABLES) == {}


def test_more_images_keep_those_that_there_are(adapted: Project) -> None:
    counts = adapted.counts(*TABLES, "--config", "images_per_class=7")
    assert counts == Counter(choose_natural_images=1, generate_adapted_images=2)


def test_other_weights_make_images_anew(adapted: Project) -> None:
    file = adapted.folder / LORA
    content = file.read_bytes()
    save_lora(adapted.results / "models/stable-diffusion", file, 1)
    stale = adapted.counts(*TABLES)
    file.unlink()
    failed = adapted.snakemake(*TABLES, "--dry-run")
    file.write_bytes(content)
    assert stale["fingerprint_weights"] == 1
    assert any("there is no lora.safetensors" in line for line in errors(failed.stderr))


def test_a_study_without_them_plans_nothing_of_it(finished: Project) -> None:
    counts = finished.counts("all", "--forceall")
    assert not [rule for rule in counts if "adapted" in rule or "choose" in rule]


def test_everything_that_its_jobs_call_counts(adapted: Project) -> None:
    assert noted(adapted).keys() == {
        "choose_natural_images.py",
        "fingerprint_weights.py",
        "generate_adapted_images.py",
    }
    assert uncounted(adapted) == []


def test_a_cluster_is_asked_for_room_for_what_an_adapter_sees_with(
    finished: Project, tmp_path: Path
) -> None:
    project = finished.copy(tmp_path / "project")
    (project.folder / "seeing").mkdir()
    for name in ("seeing/model.safetensors", "adapter.safetensors"):
        (project.folder / name).touch()
    # Of its size nothing is on the disk.
    os.truncate(project.folder / "seeing/model.safetensors", 3_000 * 2**20)
    study = project.study
    led = {
        **study["generators"]["stable-diffusion"],
        "kind": "adapted",
        "image_prompt": {
            "file": "adapter.safetensors",
            "image_encoder": {"folder": "seeing"},
        },
    }
    project.change_study(
        generators={**study["generators"], "led": led},
        variants={**study["variants"], "led": {**study["variants"]["disamb"], "generator": "led"}},
    )
    asked = project.snakemake("results/images/led/digit-6.parquet", "--dry-run").stdout
    (job,) = asked.split("rule generate_adapted_images:")[1:]
    (megabytes,) = re.findall(r"mem_mb=(\d+)", job.split("\n\n")[0])
    assert 4_000 + 2 * 3_000 <= int(megabytes) < 4_000 + 2 * 3_100
