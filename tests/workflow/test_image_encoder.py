"""A study with an encoder that embeds images alone, beside one that embeds texts as well."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import BitImageProcessor, Dinov2Config, Dinov2Model

from tests.workflow.project import Project

pytestmark = pytest.mark.long

QUOTING = {"write_report": 1}
"""What any change of the study file makes stale, since it quotes the file."""


@pytest.fixture(scope="module")
def two(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The finished tiny study with a second encoder, DINOv2 with random weights."""
    project = finished.copy(tmp_path_factory.mktemp("two") / "project")
    folder = project.folder / "dino"
    torch.manual_seed(0)
    config = Dinov2Config(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=28, patch_size=14
    )
    Dinov2Model(config).save_pretrained(folder)
    BitImageProcessor(size={"shortest_edge": 28}, crop_size=28).save_pretrained(folder)
    encoders = {
        **project.study["encoders"],
        "dino": {"kind": "vision", "model": {"folder": "dino"}},
    }
    report = {**project.study["report"], "encoder": "dino"}
    project.change_study(encoders=encoders, report=report)
    return project


def test_makes_only_what_the_new_encoder_needs(two: Project) -> None:
    jobs = two.jobs()
    assert "embed_prompts" not in {job.rule for job in jobs}
    assert not [
        job for job in jobs if "encoder=clip" in job.wildcards and job.rule.startswith("embed")
    ]
    assert two.counts("embeddings") == {"embed_images": 12, "fingerprint_model": 1, "embeddings": 1}


def test_gives_the_answer_without_what_needs_prompts(two: Project) -> None:
    before = two.files("embeddings/clip/**/*.parquet")
    two.run()
    assert two.files("embeddings/clip/**/*.parquet") == before
    results = two.folder / "results"
    variants = pd.read_parquet(results / "summary/variants.parquet").set_index("encoder")
    dino, clip = variants.loc["dino"], variants.loc["clip"]
    assert list(dino["source"]) == list(clip["source"])
    for measure in ("centroid_distance", "centroid_shift", "centroid_accuracy", "knn_accuracy"):
        assert dino[measure].notna().all()
    of_variants = ~dino["source"].str.startswith("natural").to_numpy()
    assert np.array_equal(dino["gap_from_shift"].notna(), of_variants)
    for measure in (
        "linear_separability",
        "modality_gap",
        "separability_margin",
        "separability_without_gap",
        "separable_in_sample",
        "random_labels_separable",
        "clip_score",
        "natural_adherence",
    ):
        assert dino[measure].isna().all()
        assert clip[measure][of_variants].notna().all()
    drawn = {figure: two.files(f"figures/{figure}/*") for figure in ("clip", "dino")}
    assert [Path(name).name for name in drawn["dino"]] == [
        Path(name).name for name in drawn["clip"]
    ]
    assert len(drawn["dino"]) == 8 * 4
    # The report's first encoder has no prompts either.
    page = (results / "report/index.html").read_text()
    assert "Prompts and images in the encoder's space" not in page
    assert "<h3>clip</h3>" in page
    assert page.count("<h3>dino</h3>") == page.count("<h3>clip</h3>") > 1
    assert two.jobs() == []
    # More threads to decode with, and other batches, decide nothing.
    encoders = {name: {**spec, "batch_size": 5} for name, spec in two.study["encoders"].items()}
    two.change_study(encoders=encoders)
    assert two.counts("--set-threads", "embed_images=2") == QUOTING
