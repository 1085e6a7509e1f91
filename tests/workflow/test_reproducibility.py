"""Jobs of one study agree, wherever they run and whether or not they share workers; and what those
of the second run call counts in the identity of their code."""

import zipfile

import datasets
import pandas as pd
import pytest

from tests.workflow.called import noted, uncounted
from tests.workflow.conftest import MADE_ANEW
from tests.workflow.project import Project

pytestmark = pytest.mark.long

STAGES = {
    "images": 12,
    "copies": 4,
    "leaks": 5,
    "embeddings": 14,
    "measures": 17,
    "pooled": 4,
    "positions": 4,
    "diagnosis": 2,
    "embedding_classifiers": 3,
    "classifiers": 6,
    "quarantine": 6,
    "summary": 28,
    "projections": 1,
    "figures": 44,
}
"""Files of each stage."""


@pytest.mark.parametrize("stage", STAGES)
def test_all_files_are_equal_byte_for_byte(finished: Project, again: Project, stage: str) -> None:
    files, others = (
        {
            path: content
            for path, content in project.files(f"{stage}/**/[!.]*.*").items()
            # TensorBoard's event files hold times.
            if "/events/" not in path
        }
        for project in (finished, again)
    )
    assert len(files) == STAGES[stage]
    assert files.keys() == others.keys()
    assert [path for path, content in files.items() if others[path] != content] == []


def test_models_made_from_nothing_are_equal(finished: Project, again: Project) -> None:
    for pattern, count in zip(MADE_ANEW, (3, 1), strict=True):
        paths = list((again.folder / "anew").glob(pattern))
        assert len(paths) == count
        for path in paths:
            other = finished.results / path.relative_to(again.folder / "anew")
            assert path.read_bytes() == other.read_bytes()


def test_the_report_is_equal_byte_for_byte_but_for_times(finished: Project, again: Project) -> None:
    files, others = (project.files("report/**/[!.]*.*") for project in (finished, again))
    assert files.keys() == others.keys()
    differing = {path for path, content in files.items() if others[path] != content}
    # How long each step took lies in a file of its own.
    assert differing <= {"report/data/times.js"}
    classes, sources = 3, 3
    assert len([path for path in files if path.startswith("report/classes/")]) == (
        classes * (sources + 1)
    )
    for path in ("index.html", "front.rst", "data/study.js", "data/classes.js", "data/map.js"):
        assert f"report/{path}" in files


def test_image_tables_open_with_pictures(finished: Project, tmp_path: object) -> None:
    files = [str(path) for path in finished.folder.glob("results/images/disamb/*.parquet")]
    table = datasets.load_dataset(
        "parquet", data_files=files, split="train", cache_dir=str(tmp_path)
    )
    assert len(table) == 18
    assert table[0]["image"].size == (16, 16)


def test_variants_are_paired_by_seed(finished: Project) -> None:
    def seeds(variant: str) -> list[int]:
        table = finished.folder / f"results/images/{variant}/digit-0.parquet"
        return list(pd.read_parquet(table, columns=["seed"])["seed"])

    assert seeds("classname") == seeds("disamb")
    assert len(set(seeds("disamb"))) == 6


def test_a_report_shows_every_figure(finished: Project, tmp_path: object) -> None:
    report = f"{tmp_path}/report.zip"
    finished.run("--report", report)
    archive = zipfile.ZipFile(report)
    names = archive.namelist()
    classes, charts = 3, 8
    assert len([name for name in names if name.endswith(".png")]) == classes + charts, names
    # The page finds its pictures, data and scripts beside it.
    (index,) = (name for name in names if name.endswith("/index.html"))
    beside = index.removesuffix("index.html")
    whole = finished.files("report/**/[!.]*.*")
    assert {name.removeprefix(beside) for name in names if name.startswith(beside)} == {
        path.removeprefix("report/") for path in whole
    }
    assert archive.read(index) == whole["report/index.html"]
    # They are for papers.
    others = [name for name in names if not name.startswith(beside)]
    assert not [name for name in others if name.endswith((".svg", ".pdf", ".csv"))]
    (page,) = (name for name in names if name.endswith("report.html"))
    text = archive.read(page).decode()
    for words in (
        "Answer",
        "Variants",
        "Classes",
        "report of the study",
        "How diverse the images of each source are",
        "Does diversity predict accuracy?",
    ):
        assert words in text


OF_OTHER_STUDIES = {
    *("fingerprint_model.py", "index_images.py"),
    # test_derived
    *("filter_images.py", "select_variants.py", "take_images.py", "take_embeddings.py"),
    *("take_prompts.py", "count_gains.py", "count_class_gains.py"),
    # test_guidance_sweep
    *("classify_natural.py", "summarise_guidance.py"),
    # test_mixtures
    *("fine_tune_classifier.py", "compare_mixtures.py"),
    # test_generators
    *("rank_predictors.py", "compare_orders.py"),
    # test_class_groups
    *("score_images.py", "summarise_groups.py"),
    # test_encoders_side_by_side
    *("compare_encoders.py", "measure_zero_shot.py", "find_means.py", "remove_mean.py"),
    *("tune_projections.py", "write_miniature_pairs.py"),
    # test_captions
    *("measure_captions.py", "caption_images.py", "pair_captions.py"),
    *("generate_captioned_images.py", "embed_captioned_prompts.py"),
    # test_adapted
    *("choose_natural_images.py", "fingerprint_weights.py", "generate_adapted_images.py"),
    # test_trained_loras
    "train_lora.py",
    # test_replicates
    "join_replicates.py",
}
"""Scripts that the tiny study does not run; tests of their own look at what they call."""


def test_everything_that_a_job_calls_counts(again: Project) -> None:
    scripts = {file.name for file in (again.folder / "workflow/scripts").glob("*.py")}
    assert scripts - noted(again).keys() == OF_OTHER_STUDIES
    assert uncounted(again) == []
