"""A cluster for all tests here, and small studies, run on it and without it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.runs import TABLE, on_cluster
from tests.cluster.slurm import Cluster, running_cluster
from tests.workflow.project import ROOT, Project


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    # Names of sockets are short.
    with (
        tempfile.TemporaryDirectory(prefix="slurm-", dir="/tmp") as folder,
        running_cluster(Path(folder)) as started,
    ):
        yield started


def small(folder: Path) -> Project:
    """The tiny study with two classes and one variant."""
    project = Project.copy_of_sources(folder, ROOT / "tests/studies/tiny.yaml")
    project.change_study(
        classes=project.study["classes"][1:],
        variants={"disamb": project.study["variants"]["disamb"]},
        training_sets={"disamb": ["disamb"]},
    )
    return project


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The small study, run without a cluster."""
    project = small(tmp_path_factory.mktemp("local") / "project")
    project.run()
    return project


@pytest.fixture(scope="session")
def clustered(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> Project:
    """The small study, run on the cluster."""
    project = small(tmp_path_factory.mktemp("clustered") / "project")
    with on_cluster(cluster, project) as run:
        run.finish()
    return project


def pause(project: Project, seconds: float) -> None:
    """Let each image of the class that takes a while take as long."""
    (project.folder / "pause").write_text(str(seconds))


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, local: Project) -> Project:
    """The small study with more images of one class, made without a cluster."""
    project = local.copy(tmp_path_factory.mktemp("undisturbed") / "project")
    # Other tests need the processors meanwhile.
    project.change_source(
        "src/synthgap/generation/image_table.py",
        "            allowed.add(picture.flag)\n",
        "            allowed.add(picture.flag)\n"
        "            __import__('time').sleep(float(Path('pause').read_text()))\n",
    )
    pause(project, 0)
    generators = project.study["generators"]
    generators["stable-diffusion"] |= {"batch_size": 1}
    project.change_study(generators=generators, images_per_class=24)
    project.run(TABLE)
    return project


@pytest.fixture
def slow(undisturbed: Project, tmp_path: Path) -> Project:
    """The same with that class still to be made, which takes a while; the models are there."""
    project = undisturbed.copy(tmp_path / "project")
    pause(project, 0.7)
    for file in (project.folder / TABLE).parent.glob("*digit-6*"):
        file.unlink()
    for file in (project.folder / TABLE).parent.glob(".digit-6*"):
        file.unlink()
    return project
