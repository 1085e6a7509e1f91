"""Two runs of one study agree, wherever they run and whether or not their jobs share workers."""

import zipfile

import datasets
import pandas as pd
import pytest

from tests.workflow.project import Project


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory, finished: Project) -> Project:
    """The tiny study once more, elsewhere, and without workers for its images."""
    folder = tmp_path_factory.mktemp("again") / "elsewhere"
    project = Project.copy_of_sources(folder, finished.study_file)
    project.run("images", "--config", "workers=off")
    project.run()
    return project


def test_image_tables_are_equal_byte_for_byte(finished: Project, again: Project) -> None:
    images = finished.files("images/*/*.parquet")
    assert len(images) == 12
    assert again.files("images/*/*.parquet") == images


@pytest.mark.parametrize(
    "table",
    ["variants", "classes", "differences", "diagnosis", "classifiers", "embedding_classifiers"],
)
def test_summaries_are_equal(finished: Project, again: Project, table: str) -> None:
    first, second = (
        pd.read_parquet(project.folder / f"results/summary/{table}.parquet")
        for project in (finished, again)
    )
    pd.testing.assert_frame_equal(first, second, check_exact=True)


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
    pages = ("answer", "quoted", "measures", "diagnosis", "embedding_classifiers")
    shown = [
        name for name in names if name.endswith((".png", *(f"/{page}.html" for page in pages)))
    ]
    classes, charts, others = 3, 4, ("isolation", "projection", "embedding_classifiers", "causes")
    assert len(shown) == classes + charts + len(others) + len(pages), names
    (page,) = (name for name in names if name.endswith("report.html"))
    text = archive.read(page).decode()
    for words in (
        "Answer",
        "Variants",
        "Classes",
        "quoted, our reading, ours",
        "all measures",
        "diagnosis: which classes, which causes",
        "classifiers on embeddings",
        "How diverse the images of each source are",
        "Does diversity predict accuracy?",
    ):
        assert words in text
