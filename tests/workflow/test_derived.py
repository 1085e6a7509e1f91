"""Variants that are made of others: taken over, never made again, and stale when they are."""

from collections import Counter
from typing import Any

import pandas as pd
import pytest
import yaml

from synthgap.image_files import byte_ranges
from synthgap.tables import read, read_embeddings
from tests.workflow.called import noted, run_noting, uncounted
from tests.workflow.project import Project

pytestmark = pytest.mark.long

DERIVED: dict[str, Any] = {
    "fit": {"filtered": {"of": "disamb", "by": "adherence", "share": 0.5}},
    "both": {"filtered": {"of": "disamb", "by": "both-sides", "share": 0.5}},
    "best": {"selected": {"among": ["classname", "disamb"]}},
    "half-best": {"filtered": {"of": "best", "by": "diverse", "share": 0.5}},
}
TABLES = [
    f"results/{kind}/{name}/{class_id}.parquet"
    for name in DERIVED
    for kind in ("images", "embeddings/clip")
    for class_id in ("digit-0", "digit-6", "digit-9")
]


@pytest.fixture(scope="module")
def derived(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The finished study with four more variants, one of which is made of another."""
    project = finished.copy(tmp_path_factory.mktemp("derived") / "project")
    study = project.study
    project.change_study(
        measures={"n": 3, "draws": 100},
        variants=study["variants"] | DERIVED,
        training_sets={**study["training_sets"], "half-best": ["half-best"]},
    )
    project.run(
        *TABLES, "variant_half-best", "export_half-best", "results/copies/half-best.parquet"
    )
    return project


def rows(project: Project, source: str, class_id: str = "digit-6") -> pd.DataFrame:
    table: pd.DataFrame = read(project.results / f"images/{source}/{class_id}.parquet").to_pandas()
    return table


def test_images_are_those_of_the_sources_and_lie_there(derived: Project) -> None:
    taken = rows(derived, "half-best")
    choice = read(derived.results / "choices/best.parquet").to_pandas()
    chosen = choice[choice["chosen"] & (choice["class_id"] == "digit-6")]["variant"].iloc[0]
    whole = rows(derived, chosen).set_index("index")
    assert len(taken) == 3
    for row in taken.to_dict("records"):
        origin = whole.loc[row["index"]]
        for column in ("prompt", "seed", "key", "sha256", "class_id"):
            assert row[column] == origin[column]
        place = byte_ranges.parse(row["image"]["path"])
        assert place is not None
        assert place.file == f"results/images/{chosen}/digit-6.parquet"
        content = byte_ranges.read(derived.folder / place.file, place.offset, place.length)
        assert content == origin["image"]["bytes"]
        assert row["image"]["bytes"] is None


def test_embeddings_are_taken_over(derived: Project) -> None:
    folder = derived.results / "embeddings/clip"
    taken = rows(derived, "fit")
    whole = read_embeddings(folder / "disamb/digit-6.parquet")
    assert (read_embeddings(folder / "fit/digit-6.parquet") == whole[taken["index"]]).all()


def test_what_comes_after_takes_it_as_any_variant(derived: Project) -> None:
    (row,) = read(derived.results / "measures/clip/half-best.parquet").slice(0, 1).to_pylist()
    assert row["class_id"] is None
    assert row["n"] == 3
    assert row["clip_score"] is not None
    assert (derived.results / "classifiers/resnet/half-best/seed0/predictions.parquet").is_file()
    (exported,) = (derived.results / "export/half-best/data").glob("*.parquet")
    assert read(exported).num_rows == 9
    copies = read(derived.results / "copies/half-best.parquet").to_pandas()
    assert copies["copies"].sum() == 0


def test_another_share_makes_that_set_stale_and_no_other(derived: Project) -> None:
    assert derived.counts(*TABLES) == {}
    text = derived.study_file.read_text()
    study = derived.study
    study["variants"]["fit"]["filtered"]["share"] = 0.7
    derived.study_file.write_text(yaml.safe_dump(study, sort_keys=False))
    assert derived.counts(*TABLES) == Counter(filter_images=1, take_images=3, take_embeddings=3)
    assert {job.wildcards for job in derived.jobs(*TABLES) if job.rule == "filter_images"} == {
        "variant=fit"
    }
    derived.study_file.write_text(text)


def test_an_image_more_in_the_source_makes_all_stale_that_take_of_it(derived: Project) -> None:
    found = derived.counts(*TABLES, "--config", "images_per_class=7")
    assert found["generate_images"] == 6
    assert found["filter_images"] == 3
    assert found["select_variants"] == 1
    assert found["take_images"] == found["take_embeddings"] == 12


def test_gains_of_single_classes_average_to_those_of_all(derived: Project) -> None:
    derived.run("results/summary/class_gains.parquet", "results/summary/gains.parquet")
    gains, of_classes = (
        pd.read_parquet(derived.results / f"summary/{name}.parquet")
        for name in ("gains", "class_gains")
    )
    keys = ["variant", "over", "measure"]
    means = of_classes.groupby(keys)["gain"].mean()
    pd.testing.assert_series_equal(
        means, gains.groupby(keys)["gain"].mean(), atol=1e-12, check_names=False
    )
    assert set(of_classes["class_id"]) == {"digit-0", "digit-6", "digit-9"}


def test_everything_that_its_jobs_call_counts(derived: Project) -> None:
    made = [
        *("derived/fit", "choices/best", "images/fit/digit-6", "embeddings/clip/fit/digit-6"),
        "embeddings/clip/prompts/fit",
    ]
    # First what comes last: the others make it stale.
    gains = ("summary/class_gains", "scores/clip/fit")
    run_noting(derived, *(f"results/{name}.parquet" for name in gains), "--force")
    run_noting(derived, *(f"results/{name}.parquet" for name in made), "--force")
    assert noted(derived).keys() == {
        *("filter_images.py", "select_variants.py", "take_images.py", "take_embeddings.py"),
        *("take_prompts.py", "score_images.py", "count_class_gains.py"),
    }
    assert uncounted(derived) == []
