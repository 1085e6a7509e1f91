import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from tests.workflow.project import ROOT, Project

# Loaded by the processes that are watched, and not here.
collect_ignore = ["calls"]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the processes of this session share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def finished(shared: Path) -> Project:
    """The tiny study, run once from nothing; copy it before changing it."""
    folder, done = shared / "finished/project", shared / "finished/done"
    # Whoever comes first runs it, the other waits.
    with FileLock(shared / "finished.lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            Project.copy_of_sources(folder, ROOT / "tests/studies/tiny.yaml").run()
            done.touch()
    return Project(folder)


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    """A copy of the finished tiny study that a test may change."""
    return finished.copy(tmp_path / "project")


@pytest.fixture(scope="session")
def again(tmp_path_factory: pytest.TempPathFactory, finished: Project) -> Project:
    """The tiny study once more, elsewhere, and without workers; its folder `calls` says what its
    jobs called."""
    folder = tmp_path_factory.mktemp("again") / "elsewhere"
    project = Project.copy_of_sources(folder, finished.study_file)
    (folder / "calls").mkdir()
    noting = {"PYTHONPATH": str(Path(__file__).parent / "calls"), "CALLS": str(folder / "calls")}
    targets = ("all", "export", "points")
    project.run(*targets, "--config", "workers=off", variables=noting)
    return project
