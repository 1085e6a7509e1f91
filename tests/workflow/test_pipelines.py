"""Families of text-to-image pipelines through the workflow: random weights, real classes."""

import io
from pathlib import Path

import pandas as pd
import pytest
import yaml
from PIL import Image
from safetensors.torch import load_file, save_file

from synthgap.tables import metadata_of, read
from tests.pipelines import ARGUMENTS, FAMILIES, save
from tests.workflow.project import ROOT, Project

pytestmark = pytest.mark.long

HALF = {"dtype": "bfloat16", "image_format": "jpeg", "batch_size": 2, "negative_prompt": "blur"}
"""What one of the variants has besides."""


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two classes of three images from a pipeline of each family, in one run."""
    folder = tmp_path_factory.mktemp("pipelines") / "project"
    project = Project.copy_of_sources(folder, ROOT / "tests/studies/tiny.yaml")
    models = {family: save(family, folder / "models" / family) for family in FAMILIES}
    study = project.study
    del study["miniature"]
    study["images_per_class"] = study["measures"]["n"] = 3
    study["classes"] = study["classes"][1:]
    study["encoders"]["clip"]["model"] = {"folder": str(models["sd"])}
    size = {"num_inference_steps": 2, "height": 16, "width": 16}
    study["generators"] = {
        family: {
            "kind": "diffusers",
            "model": {"folder": str(model)},
            "arguments": ARGUMENTS.get(family, {}),
            **size,
        }
        for family, model in models.items()
    }
    study["generators"]["half"] = {**study["generators"]["sd"], **HALF}
    study["variants"] = {
        name: {"generator": name, "prompts": "disamb", "guidance_scale": 3}
        for name in study["generators"]
    }
    study["training_sets"] = {"natural": ["natural-train"]}
    project.study_file.write_text(yaml.safe_dump(study))
    project.run("images", "results/summary/flags.parquet")
    return project


@pytest.mark.parametrize("variant", [*FAMILIES, "half"])
def test_a_family_gives_tables_of_pictures(variant: str, images: Project) -> None:
    seen = set()
    for class_id in ("digit-6", "digit-9"):
        path = images.folder / f"results/images/{variant}/{class_id}.parquet"
        rows = read(path).to_pylist()
        assert [row["index"] for row in rows] == [0, 1, 2]
        assert [row["flag"] for row in rows] == [None] * 3
        for row in rows:
            with Image.open(io.BytesIO(row["image"]["bytes"])) as picture:
                assert picture.size == (16, 16)
                assert picture.format == ("JPEG" if variant == "half" else "PNG")
        seen |= {row["sha256"] for row in rows}
        assert '"num_inference_steps":2' in metadata_of(path)["spec"]
    assert len(seen) == 6


def test_the_table_of_flags_says_that_there_are_none(images: Project) -> None:
    flags = pd.read_parquet(images.folder / "results/summary/flags.parquet")
    assert len(flags) == 2 * (2 + len(FAMILIES) + 1)
    generated = flags[~flags["source"].str.startswith("natural")]
    assert len(generated) == 2 * (len(FAMILIES) + 1)
    assert set(generated["images"]) == {3}
    assert not flags["flagged"].any()


def test_no_journal_is_left(images: Project) -> None:
    for folder in Path(images.folder, "results/images").iterdir():
        assert not [path.name for path in folder.iterdir() if path.suffix == ".partial"]


def test_too_many_black_images_end_in_one_line_and_are_not_made_again(
    images: Project, tmp_path: Path
) -> None:
    """A VAE whose weights overflow gives what is not a number."""
    project = images.copy(tmp_path / "project")
    model = project.folder / "models/sd"
    weights = model / "vae/diffusion_pytorch_model.safetensors"
    overflowing = {name: value * 1e30 for name, value in load_file(weights).items()}
    save_file(overflowing, weights, metadata={"format": "pt"})
    generators = project.study["generators"]
    generators["sd"]["model"] = {"folder": str(model)}
    project.change_study(generators=generators)
    target = "results/images/sd/digit-6.parquet"
    done = project.snakemake(target)
    log = project.folder / "results/logs/images/sd/digit-6.log"
    said = [line for line in log.read_text().splitlines() if line.startswith("synthgap:")]
    assert done.returncode != 0
    assert said == [
        "synthgap: digit-6: 1 of 3 images are flagged (1 not a number), more than "
        "max_flagged: 0.05 allows; try dtype bfloat16 or float32, or raise max_flagged, which "
        "makes no image again"
    ]
    # The old table is gone, or the next run would take it for the new one.
    assert not (project.folder / target).exists()
    generators["sd"]["max_flagged"] = 1
    project.change_study(generators=generators)
    project.run(target)
    assert "0 images kept" in log.read_text()
    assert "taken over" in log.read_text()
    assert read(project.folder / target)["flag"].to_pylist() == ["not a number"] * 3
