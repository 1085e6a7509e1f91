"""Prompts from captions of natural images: what is made, what it is made of, and what is stale."""

from collections import Counter
from pathlib import Path

import pytest
import tiny_captioners
import tiny_encoders
import yaml

from synthgap.seeds import image_seed
from synthgap.tables import read
from tests.workflow.called import noted, run_noting, uncounted
from tests.workflow.project import Project, errors

pytestmark = pytest.mark.long

NEW = ("images/captioned/digit-6.parquet", "embeddings/clip/prompts/captioned.parquet")


def with_captions(project: Project, **captioner: object) -> None:
    study = project.study
    project.change_study(
        captioners={"words": captioner or {"kind": "measured"}},
        prompts={
            **study["prompts"],
            "captioned": {
                "kind": "captioned",
                "captioner": "words",
                "template": "{name}, {definition}, {caption}",
            },
        },
        variants={
            **study["variants"],
            "captioned": {**study["variants"]["disamb"], "prompts": "captioned"},
        },
    )


@pytest.fixture(scope="module")
def captioned(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The finished tiny study with a variant whose prompts hold captions."""
    project = finished.copy(tmp_path_factory.mktemp("captioned") / "project")
    with_captions(project)
    # What was made before is as it was.
    assert project.counts(*(f"results/{name}" for name in NEW)) == Counter(
        measure_captions=3,
        pair_captions=3,
        generate_captioned_images=1,
        embed_captioned_prompts=1,
    )
    run_noting(project, *(f"results/{name}" for name in NEW))
    return project


def test_an_image_is_made_of_the_prompt_of_its_number(captioned: Project) -> None:
    images = read(captioned.results / NEW[0]).to_pylist()
    prompts = read(captioned.results / "prompts/captioned/digit-6.parquet").to_pylist()
    assert (len(images), len(prompts)) == (6, 8)
    for image, prompt in zip(images, prompts, strict=False):
        assert image["prompt"] == prompt["prompt"]
        assert image["seed"] == image_seed(0, "digit-6", image["index"])


def test_captions_are_of_natural_train_and_of_no_other_image(captioned: Project) -> None:
    natural, val = (
        {
            row["key"]: row["index"]
            for row in read(captioned.results / f"images/{source}/digit-6.parquet").to_pylist()
        }
        for source in ("natural-train", "natural-val")
    )
    prompts = read(captioned.results / "prompts/captioned/digit-6.parquet").to_pylist()
    assert {row["natural_key"]: row["natural_index"] for row in prompts} == natural
    assert not natural.keys() & val.keys()
    captions = read(captioned.results / "captions/words/digit-6.parquet").to_pylist()
    said = {row["index"]: row["caption"] for row in captions}
    assert all(row["caption"] == said[row["natural_index"]] for row in prompts)
    jobs = captioned.snakemake(*(f"results/{name}" for name in NEW), "--dry-run", "--forceall")
    making = jobs.stdout.split("rule measure_captions:")[1:]
    assert len(making) == 3
    assert all("natural-val" not in part.split("\n\n")[0] for part in making)


def test_prompts_of_a_class_are_embedded_in_their_order(captioned: Project) -> None:
    rows = read(captioned.results / NEW[1]).to_pylist()
    assert Counter(row["class_id"] for row in rows) == dict.fromkeys(
        ("digit-0", "digit-6", "digit-9"), 8
    )


def test_a_natural_image_that_changed_is_captioned_anew_with_its_class_alone(
    captioned: Project,
) -> None:
    table = captioned.results / "images/natural-train/digit-6.parquet"
    content = table.read_bytes()
    table.write_bytes((captioned.results / "images/natural-train/digit-9.parquet").read_bytes())
    stale = [
        job
        for job in captioned.jobs("images")
        if job.rule in ("measure_captions", "pair_captions", "generate_captioned_images")
        and "digit-6" in job.wildcards
    ]
    others = captioned.counts("results/prompts/captioned/digit-9.parquet")
    table.write_bytes(content)
    assert Counter(job.rule for job in stale) == {
        "measure_captions": 1,
        "pair_captions": 1,
        "generate_captioned_images": 1,
    }
    assert others == {}


def test_a_new_seed_changes_the_order_and_not_the_captions(captioned: Project) -> None:
    jobs = captioned.counts("results/prompts/captioned/digit-6.parquet", "--config", "seed=1")
    assert jobs == {"pair_captions": 1}


def test_another_number_of_images_leaves_prompts_as_they_are(captioned: Project) -> None:
    counts = captioned.counts(f"results/{NEW[0]}", "--config", "images_per_class=7")
    assert counts == {"generate_captioned_images": 1}


def test_replicates_share_captions_and_have_an_order_of_their_own(captioned: Project) -> None:
    table = "results/replicates/2/embeddings/clip/prompts/captioned.parquet"
    counts = captioned.counts(table, "--config", "replicates=2")
    assert counts["replicate2_pair_captions"] == 3
    assert not [rule for rule in counts if "measure_captions" in rule]


def test_a_study_without_them_plans_nothing_of_it(finished: Project) -> None:
    counts = finished.counts("all", "--forceall")
    assert not [rule for rule in counts if "caption" in rule]


def test_everything_that_its_jobs_call_counts(captioned: Project) -> None:
    assert noted(captioned).keys() == {
        *("measure_captions.py", "pair_captions.py"),
        *("generate_captioned_images.py", "embed_captioned_prompts.py"),
    }
    assert uncounted(captioned) == []


def test_a_model_captions_and_another_is_refused_in_one_line(project: Project) -> None:
    tiny_captioners.blip(project.folder / "blip")
    with_captions(project, kind="transformers", model={"folder": "blip"}, max_new_tokens=4)
    table = "results/prompts/captioned/digit-6.parquet"
    assert project.counts(table) == Counter(fingerprint_model=1, caption_images=1, pair_captions=1)
    run_noting(project, table)
    assert len(read(project.folder / table)) == 8
    assert noted(project).keys() == {
        "fingerprint_model.py",
        "caption_images.py",
        "pair_captions.py",
    }
    assert uncounted(project) == []
    # Other batches make nothing stale, another length of captions does.
    spec = yaml.safe_load(project.study_file.read_text())["captioners"]["words"]
    project.change_study(captioners={"words": spec | {"batch_size": 2}})
    assert project.counts(table) == {}
    project.change_study(captioners={"words": spec | {"max_new_tokens": 5}})
    assert project.counts(table) == Counter(caption_images=1, pair_captions=1)
    tiny_encoders.clip(Path(project.folder / "clip"))
    project.change_study(captioners={"words": spec | {"model": {"folder": "clip"}}})
    failed = project.snakemake(table)
    assert failed.returncode != 0
    said = [line for line in errors(failed.stdout + failed.stderr) if "captions images" in line]
    assert said
    assert "Traceback" not in failed.stderr
