"""Further generators of the miniature, and which number tells: what is made and counted."""

import re
from collections import defaultdict
from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import kendalltau

from tests.workflow.called import noted, run_noting, uncounted
from tests.workflow.project import Project

pytestmark = pytest.mark.long

TABLES = [f"results/summary/{name}.csv" for name in ("predictors", "agreement", "variants")]
VARIANTS = ("classname", "disamb", "narrow-1", "narrow-2.5")


@pytest.fixture(scope="module")
def compared(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The finished tiny study with a narrow UNet at two scales, and all four trained on."""
    project = finished.copy(tmp_path_factory.mktemp("generators") / "project")
    study = project.study
    generators = study["generators"]
    generators["narrow"] = {**generators["stable-diffusion"], "model": {"miniature": "narrow"}}
    narrow = {"generator": "narrow", "prompts": "disamb", "guidance_scale": [1, 2.5]}
    training_sets = study["training_sets"] | {
        "classname": ["classname"],
        "narrow": ["narrow"],
    }
    project.change_study(
        generators=generators,
        variants={**study["variants"], "narrow": narrow},
        training_sets=training_sets,
        miniature={**study["miniature"], "generators": {"narrow": {"steps": 2, "channels": 8}}},
    )
    project.run(*TABLES)
    return project


def test_the_further_model_is_trained_and_those_of_before_are_not(
    compared: Project, finished: Project
) -> None:
    for name in ("clip", "autoencoder", "stable-diffusion"):
        fingerprint = f"models/{name}.fingerprint"
        own, before = (project.results / fingerprint for project in (compared, finished))
        assert own.stat().st_mtime_ns == before.stat().st_mtime_ns
    folder = compared.results / "models/generators/narrow"
    assert (folder / "unet/config.json").is_file()
    assert (folder.parent / "narrow.fingerprint").is_file()
    images = compared.files("images/narrow-2.5/*.parquet")
    assert len(images) == 3
    others = compared.files("images/disamb/*.parquet")
    assert not set(images.values()) & set(others.values())


def test_jobs_of_one_model_come_together(compared: Project, tmp_path: Path) -> None:
    project = compared.copy(tmp_path / "project")
    project.change_study(replicates=2)
    said = project.snakemake("--dry-run", "--forceall").stdout
    found: dict[str, dict[tuple[str, str], float]] = defaultdict(dict)
    of_a_job = re.compile(
        r"rule (\w*?)(generate|embed)_images:\n(?:    .*\n)*?    wildcards: (.*)\n"
        r"(?:    .*\n)*?    priority: (.*)"
    )
    for replicate, stage, wildcards, priority in of_a_job.findall(said):
        values = dict(each.split("=") for each in wildcards.split(", "))
        variant = values.get("variant", "")
        model = "clip" if stage == "embed" else "narrow" if "narrow" in variant else "first"
        turns = found[stage]
        assert turns.setdefault((replicate, model), float(priority)) == float(priority)
    first, second = "", "replicate2_"
    generating, embedding = found["generate"], found["embed"]
    in_order = [(first, "first"), (first, "narrow"), (second, "first"), (second, "narrow")]
    assert sorted(generating, key=generating.__getitem__, reverse=True) == in_order
    assert len(set(generating.values())) == 4
    assert embedding[first, "clip"] > embedding[second, "clip"]
    # No stage comes before another's end.
    assert min(generating.values()) > 2 > 1 >= max(embedding.values())


def test_the_table_has_the_order_of_the_summary(compared: Project) -> None:
    predictors, variants = (
        pd.read_parquet(compared.results / f"summary/{name}.parquet")
        for name in ("predictors", "variants")
    )
    own = variants.set_index("source").loc[list(VARIANTS)]
    assert set(predictors["encoder"]) == {"clip"}
    assert "centroid_distance" in set(predictors["measure"])
    for row in predictors.to_dict("records"):
        found = own[row["measure"]].dropna().round(12)
        assert row["variants"] == len(found)
        expected = kendalltau(found, own.loc[found.index, "top1"].round(12)).statistic
        assert row["tau"] == pytest.approx(expected, nan_ok=True)
        # Four variants decide nothing.
        assert pd.isna(row["tau"]) or row["tau_low"] <= 0 <= row["tau_high"]


def test_a_study_of_fewer_variants_plans_nothing_of_it(finished: Project) -> None:
    counts = finished.counts("all", "--forceall")
    assert not {"rank_predictors", "compare_orders", "train_miniature_generator"} & set(counts)


def test_every_two_measures_are_compared_over_the_variants(compared: Project) -> None:
    agreement, variants = (
        pd.read_parquet(compared.results / f"summary/{name}.parquet")
        for name in ("agreement", "variants")
    )
    own = variants.set_index("source").loc[list(VARIANTS)]
    assert {"top1", "centroid_distance", "pooled_cmmd"} <= {*agreement["measure"]}
    assert set(agreement["variants"]) == {4}
    for row in agreement.dropna(subset="tau").to_dict("records"):
        expected = kendalltau(own[row["measure"]], own[row["other"]]).statistic
        assert row["tau"] == pytest.approx(expected)


def test_everything_that_its_jobs_call_counts(compared: Project, tmp_path: Path) -> None:
    project = compared.copy(tmp_path / "project")
    made = (f"results/summary/{name}.parquet" for name in ("predictors", "agreement"))
    run_noting(project, *made, "--force")
    assert noted(project).keys() == {"rank_predictors.py", "compare_orders.py"}
    assert uncounted(project) == []
