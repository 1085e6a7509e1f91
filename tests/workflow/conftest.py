import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from tests.workflow.called import run_noting
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
            tiny = Project.copy_of_sources(folder, ROOT / "tests/studies/tiny.yaml")
            tiny.run(cores=2)
            done.touch()
    return Project(folder)


@pytest.fixture
def project(finished: Project, tmp_path: Path) -> Project:
    """A copy of the finished tiny study that a test may change."""
    return finished.copy(tmp_path / "project")


MADE_ANEW = ("models/*.fingerprint", "images/natural-val/digit-0.parquet")
"""What `again` makes from nothing in its folder `anew`."""


@pytest.fixture(scope="session")
def again(tmp_path_factory: pytest.TempPathFactory, finished: Project) -> Project:
    """The tiny study elsewhere and without workers: a variant once more, and all that hangs on it.

    Each rule has a job; what they called lies in its folder `calls`. A whole second run is in
    test_kills.
    """
    project = finished.copy(tmp_path_factory.mktemp("again") / "elsewhere")
    for path in [
        *project.results.glob("*/**/disamb*"),
        *(project.results / name for name in ("summary", "figures", "report", "projections")),
        project.results / "leaks",
        *project.results.glob("measures/*.parquet"),
    ]:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    anew = ("models/stable-diffusion.fingerprint", MADE_ANEW[1])
    run_noting(project, *(f"anew/{name}" for name in anew), results="anew")
    run_noting(project, "all", "export_disamb", "results/points/clip/disamb.parquet")
    return project
