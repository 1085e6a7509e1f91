"""Jobs on a machine with several GPUs, which here are names alone."""

import pytest

from tests.workflow.project import Project

pytestmark = pytest.mark.long


@pytest.mark.parametrize("workers", ["on", "off"])
def test_jobs_of_models_claim_a_device_and_others_none(
    project: Project, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,GPU-7f3a")
    variants = project.study["variants"]
    del variants["classname"]
    variants["disamb"]["guidance_scale"] = 3
    project.change_study(variants=variants, training_sets={"disamb": ["disamb"]})
    before = project.files("images/natural-val/*.parquet")
    for file in project.folder.glob("results/images/natural-val/*.parquet"):
        file.unlink()
    project.run("images", "--config", f"workers={workers}")
    logs = project.folder / "results/logs/images"
    first = [file.read_text().splitlines()[0] for file in sorted(logs.glob("disamb/*.log"))]
    assert len(first) == 3
    assert set(first) <= {"on GPU 2", "on GPU GPU-7f3a"}
    assert "on GPU" not in "".join(file.read_text() for file in logs.glob("natural-val/*.log"))
    assert project.files("images/natural-val/*.parquet") == before
