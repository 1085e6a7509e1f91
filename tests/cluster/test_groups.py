"""Several classes in one allocation."""

import time
from pathlib import Path

from tests.cluster.runs import on_cluster, workers_of
from tests.cluster.slurm import Cluster
from tests.workflow.project import Project

STAGE = "results/embeddings/clip/disamb/digit-{}.parquet"

GROUPED = (
    *("--groups", "generate_images=g", "embed_images=g", "--group-components", "g=2"),
    *("--resources", "gpu=1", "--set-resource-scopes", "gpu=local"),
)


def test_a_group_is_one_job_on_one_gpu_and_shares_a_worker(
    cluster: Cluster, local: Project, tmp_path: Path
) -> None:
    project = local.copy(tmp_path / "project")
    for stage in ("images", "embeddings/clip"):
        for file in project.folder.glob(f"results/{stage}/disamb/*digit*"):
            file.unlink()
    workers = set()
    with on_cluster(cluster, project, STAGE.format(6), STAGE.format(9), *GROUPED) as run:
        while run.process.poll() is None:
            workers |= set(workers_of(project))
            time.sleep(0.1)
        run.finish()
        jobs = run.jobs()
    assert len(jobs) == 1
    assert jobs[0].gpus == "gres:gpu:1"
    assert len(workers) == 1
    for stage in ("images/disamb", "embeddings/clip/disamb"):
        assert project.files(f"{stage}/*.parquet") == local.files(f"{stage}/*.parquet")
