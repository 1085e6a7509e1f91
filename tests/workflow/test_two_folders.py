"""The shortest study: two folders of images and an encoder, as docs/HOWTO.md shows it."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from synthgap.image_files.decoding import pictures
from synthgap.tables import read, read_embeddings
from tests.workflow.project import ROOT, Project

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def two_folders(finished: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The page's study on the tiny study's digits; numbers and the encoder's place are smaller."""
    page = (ROOT / "docs/HOWTO.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```yaml\n(study: mine\n.*?)```", page, re.S)
    study = yaml.safe_load(text)
    results = finished.folder / "results"
    folder = tmp_path_factory.mktemp("two") / "project"
    project = Project.copy_of_sources(folder, finished.study_file)
    for category, digit in zip(study["classes"], ("digit-0", "digit-6"), strict=True):
        for place, sources in {
            study["natural"]["images"]: ("natural-train", "natural-val"),
            study["generators"]["dalle"]["images"]: ("classname",),
        }.items():
            target = Path(folder, place, category.get("folder", category["class_id"]))
            target.mkdir(parents=True)
            for source in sources:
                table = results / f"images/{source}/{digit}.parquet"
                for number, picture in enumerate(pictures(read(table), table)):
                    picture.save(target / f"{source} {number}.png")
    study["natural"]["val_per_class"] = 6
    study["measures"] |= {"n": 6, "draws": 100}
    study["encoders"]["clip"]["model"] = {"folder": str(results / "models/clip")}
    project.study_file.write_text(yaml.safe_dump(study, sort_keys=False, allow_unicode=True))
    project.run()
    return project


def test_two_folders_and_an_encoder_are_a_study(two_folders: Project, finished: Project) -> None:
    variants = pd.read_parquet(two_folders.folder / "results/mine/summary/variants.parquet")
    assert list(variants["source"]) == ["natural-train", "natural-val", "dalle"]
    for measure in ("centroid_distance", "centroid_shift", "centroid_accuracy", "knn_accuracy"):
        assert variants[measure].notna().all()
    # The same pictures in the same order, embedded as those that they come from, on more threads.
    for digit, class_id in (("digit-0", "crane"), ("digit-6", "heron")):
        made, brought = (
            read_embeddings(path)
            for path in (
                finished.folder / f"results/embeddings/clip/classname/{digit}.parquet",
                two_folders.folder / f"results/mine/embeddings/clip/dalle/{class_id}.parquet",
            )
        )
        assert np.allclose(made, brought, rtol=0, atol=1e-6)


def test_nothing_was_generated_trained_or_left_open(two_folders: Project) -> None:
    folders = {path.name for path in (two_folders.folder / "results/mine").iterdir()}
    assert folders == {
        *(".lock", "copies", "diagnosis", "embedding_classifiers", "embeddings", "figures"),
        *("images", "logs", "leaks", "measures", "models", "pooled", "positions", "projections"),
        *("quarantine", "report", "summary"),
    }
    assert two_folders.jobs() == []
    page = (two_folders.folder / "results/mine/report/index.html").read_text()
    assert "dalle" in page


@pytest.mark.parametrize(("n", "classes"), [(2, 1), (3, 2)])
def test_few_images_leave_empty_what_they_cannot_show_and_fail_nowhere(
    n: int, classes: int, two_folders: Project, tmp_path: Path
) -> None:
    few = two_folders.copy(tmp_path / "project")
    study = few.study
    few.change_study(
        measures={"n": n, "draws": 100}, classes=study["classes"][:classes], results="results/few"
    )
    said = few.run()
    assert f"synthgap: note: measures.n: {n} images a class are too few for some measures" in said
    variants = pd.read_parquet(few.folder / "results/few/summary/variants.parquet")
    by_source = variants.set_index("source")["knn_accuracy"]
    # natural-val's own image does not vote.
    assert by_source.notna().to_dict() == {
        "natural-train": n > 2,
        "natural-val": False,
        "dalle": n > 2,
    }
    assert variants["knn_accuracy_20"].isna().all()
    assert variants["centroid_accuracy"].notna().all()
    page = few.folder / "results/few/report/index.html"
    text = re.sub(r"<pre>.*?</pre>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.search(r">\s*None\s*<|\bnan\b", text)
    for log in (few.folder / "results/few/logs").glob("**/*.log"):
        assert "Warning" not in log.read_text(encoding="utf-8"), log
