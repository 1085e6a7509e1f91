"""Two runs meet, or one was killed: a line says what is to be done, and results are whole."""

import contextlib
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workflow.project import ROOT, Project, errors

pytestmark = pytest.mark.long

TABLE = "images/natural-val/digit-0.parquet"
READS = "    from synthgap.image_sets.image_table import"


@pytest.fixture
def clones(tmp_path: Path) -> tuple[Project, Project]:
    """Two checkouts with one folder of results, in which reading waits for a file `go`."""
    found = []
    for name in ("one", "two"):
        project = Project.copy_of_sources(tmp_path / name, ROOT / "tests/studies/tiny.yaml")
        project.change_study(results=str(tmp_path / "shared"))
        wait = "import os, time; [time.sleep(0.1) for _ in range(900) if not os.path.exists({!r})]"
        work = wait.format(str(tmp_path / "go"))
        note = f"open({str(tmp_path / 'begun')!r}, 'w').close()"
        project.change_source(
            "workflow/scripts/read_images.py", READS, f"    {note}; {work}\n{READS}"
        )
        found.append(project)
    return found[0], found[1]


@pytest.fixture
def table(tmp_path: Path) -> str:
    return str(tmp_path / "shared" / TABLE)


@contextlib.contextmanager
def at_work(project: Project, table: str) -> "Iterator[subprocess.Popen[bytes]]":
    """A run whose job has begun and waits."""
    begun = project.folder.parent / "begun"
    begun.unlink(missing_ok=True)
    command = [sys.executable, "-m", "snakemake", table, "--cores", "1", "--configfile"]
    run = subprocess.Popen(
        [*command, "study.yaml"],
        cwd=project.folder,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while not begun.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert begun.exists()
        yield run
    finally:
        run.kill()
        run.wait()


BEFORE = ("Using workflow", "synthgap: note: ")


def said(done: "subprocess.CompletedProcess[str]") -> str:
    """The only thing that a quiet run says, but for the profile and notes."""
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith(BEFORE)]
    return line


def test_a_run_of_another_checkout_is_refused_in_a_line(
    clones: tuple[Project, Project], table: str, tmp_path: Path
) -> None:
    first, second = clones
    with at_work(first, table) as run:
        done = second.snakemake(table, "--quiet", "all")
        assert done.returncode == 1
        assert said(done).startswith(f"synthgap: {tmp_path}/shared: another run is at work there (")
        assert f"process {run.pid} on " in said(done)
        assert str(first.folder) in said(done)
        # What writes nothing may look on.
        assert [job.rule for job in second.jobs(table)] == ["read_images"]
        (tmp_path / "go").touch()
        assert run.wait(60) == 0
    assert "Nothing to be done" in second.run(table)


def test_a_run_in_the_same_folder_is_not_taken_for_one_that_was_killed(
    clones: tuple[Project, Project], table: str
) -> None:
    with at_work(clones[0], table) as run:
        done = clones[0].snakemake(table, "--quiet", "all")
        assert done.returncode == 1
        assert "another run is at work there" in said(done)
        assert f"process {run.pid} on " in said(done)
        assert "unlock" not in said(done)


def test_a_killed_run_s_lock_is_explained_with_the_command(
    clones: tuple[Project, Project], table: str, tmp_path: Path
) -> None:
    project = clones[0]
    with at_work(project, table):
        pass
    (tmp_path / "go").touch()
    for quiet in ([], ["--quiet", "all"]):
        done = project.snakemake(table, *quiet)
        assert done.returncode == 1
        (line,) = errors(done.stderr)
        assert line.startswith(f"synthgap: {project.folder}: a run that was killed left its lock")
        assert "LockException" not in done.stderr
    command = re.search(r"`(.*)`", line)
    assert command is not None
    subprocess.run(shlex.split(command[1]), cwd=project.folder, check=True, capture_output=True)
    project.run(table)


def test_what_runs_no_job_holds_nothing(
    clones: tuple[Project, Project], table: str, tmp_path: Path
) -> None:
    for argument in ("--dry-run", "--summary"):
        clones[0].run(table, argument)
        assert not (tmp_path / "shared/.lock").exists()
