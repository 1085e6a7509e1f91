"""Two runs of one study agree, wherever they run and whether or not their jobs share workers."""

import zipfile

import datasets
import pandas as pd
import pytest

from tests.workflow.project import Project

pytestmark = pytest.mark.long

STAGES = {
    "images": 12,
    "embeddings": 14,
    "measures": 17,
    "pooled": 4,
    "diagnosis": 2,
    "embedding_classifiers": 3,
    "classifiers": 6,
    "quarantine": 6,
    "summary": 20,
    "projections": 1,
    "figures": 18,
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
