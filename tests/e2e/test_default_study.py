"""The default study from nothing: real images, real library classes, and the paper's ordering."""

import itertools
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from synthgap.tables import metadata_of
from tests.workflow.project import ROOT, Project

pytestmark = pytest.mark.long

VARIANTS = ["classname", "disamb", "disamb2.5", "promptaug"]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("default") / "project"
    project = Project.copy_of_sources(folder, ROOT / "config/miniature.yaml")
    done = project.snakemake(study=False, cores=2, forked=False)
    assert done.returncode == 0, done.stderr[-6000:]
    return project


@pytest.fixture(scope="module")
def variants(study: Project) -> pd.DataFrame:
    table = pd.read_parquet(study.folder / "results/summary/variants.parquet")
    return table.set_index("source")


def test_centroid_distance_has_the_order_that_the_paper_found(variants: pd.DataFrame) -> None:
    """Quoted: Disamb < Disamb 2.5 < PromptAug, natural images above all."""
    order = ["disamb", "disamb2.5", "promptaug", "natural-train"]
    for normalisation in ("centroid_distance", "centroid_distance_per_dimension", "centroid_angle"):
        found = variants.loc[order, normalisation]
        assert found.is_monotonic_increasing
        assert found.is_unique
    assert all(
        variants.loc[lower, "centroid_distance_high"]
        < variants.loc[higher, "centroid_distance_low"]
        for lower, higher in itertools.pairwise(order[:3])
    )


def test_each_variant_was_made_with_its_own_prompts_and_guidance(study: Project) -> None:
    images = {
        variant: pd.read_parquet(study.folder / f"results/images/{variant}/digit-6.parquet")
        for variant in VARIANTS
    }
    for table in images.values():
        assert len(table) == 50
        assert table["key"].is_unique
        assert list(table["seed"]) == list(images["disamb"]["seed"])
    disamb, weaker = images["disamb"], images["disamb2.5"]
    assert list(disamb["prompt"]) == list(weaker["prompt"])
    assert not set(disamb["sha256"]) & set(weaker["sha256"])
    assert set(images["classname"]["prompt"]) == {"loop"}
    assert images["promptaug"]["prompt"].nunique() == 9


def test_the_homonym_costs_its_two_classes_their_accuracy(study: Project) -> None:
    classes = pd.read_parquet(study.folder / "results/summary/classes.parquet")
    accuracy = classes.pivot_table(index="class_id", columns="source", values="centroid_accuracy")
    homonyms = accuracy.loc[["digit-6", "digit-9"]]
    assert homonyms["classname"].sum() < homonyms["disamb"].sum()


def test_the_homonym_is_found_ambiguous_by_measurement(study: Project) -> None:
    diagnosis = pd.read_parquet(study.folder / "results/summary/diagnosis.parquet")
    suffers = diagnosis[(diagnosis["cause"] == "ambiguity") & diagnosis["suffers"]]
    found = suffers.groupby("source")["class_id"].agg(set).to_dict()
    assert found == {"classname": {"digit-6", "digit-9"}}
    taken = suffers.set_index("class_id")["other_class"]
    assert taken.to_dict() == {"digit-6": "digit-9", "digit-9": "digit-6"}


def test_every_number_has_its_interval_and_every_column_its_meaning(study: Project) -> None:
    for name in ("variants", "classes"):
        path = study.folder / f"results/summary/{name}.parquet"
        schema = pq.read_schema(path)
        numbers = [
            "centroid_distance",
            "centroid_shift",
            "centroid_accuracy",
            "knn_accuracy",
            "top1",
            "top5",
        ]
        for number in numbers:
            for column in (number, f"{number}_low", f"{number}_high"):
                assert schema.field(column).metadata[b"description"]
        table = pd.read_parquet(path).dropna(subset=numbers)
        assert len(table) in (5, 50)
        for number in numbers:
            inside = table[number].between(table[f"{number}_low"], table[f"{number}_high"])
            assert inside.all(), number
        assert path.with_suffix(".csv").exists()


def test_tables_say_what_made_them(study: Project) -> None:
    made = metadata_of(study.folder / "results/images/disamb2.5/digit-3.parquet")
    assert made["study"] == "miniature"
    assert set(made) == {"study", "code", "spec", "versions"}
    assert '"guidance_scale":2.5' in made["spec"]
    assert '"diffusers"' in made["versions"]
    embeddings = Path(study.folder / "results/embeddings/clip/disamb/digit-3.parquet")
    assert pq.read_schema(embeddings).field("embedding").type.list_size == 64


def test_classifiers_leave_weights_history_and_predictions(study: Project) -> None:
    folder = study.folder / "results/classifiers/resnet/natural/seed1"
    assert (folder / "weights.safetensors").stat().st_size > 10_000
    assert len(pd.read_parquet(folder / "history.parquet")) == 20
    predictions = pd.read_parquet(folder / "predictions.parquet")
    assert len(predictions) == 400
    right = (predictions["predicted"] == predictions["class_id"]).mean()
    assert right == (predictions["rank"] == 0).mean()
    assert right > 0.9
