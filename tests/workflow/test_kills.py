"""A study whose Snakemake and jobs are killed at random moments ends as if nothing had happened."""

import contextlib
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workflow.project import ROOT, Project, errors, own_variables, warm
from tests.workflow.test_reproducibility import STAGES

pytestmark = pytest.mark.long

KILLS = 12
SEED = 13


def processes_in(folder: Path) -> dict[int, str]:
    """Living processes that work in a folder, with their commands."""
    found = {}
    for process in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            of = Path("/proc", process)
            living = (of / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
            if living and (of / "cwd").readlink() == folder:
                found[int(process)] = (of / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return found


def said(project: Project) -> Path:
    """What the last run said."""
    return project.folder.with_suffix(".log")


@contextlib.contextmanager
def started(project: Project, forked: bool = True) -> "Iterator[subprocess.Popen[bytes]]":
    """Snakemake in the background; nothing that it started may outlive the block for long."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", "--quiet", "all", "--configfile"]
    with said(project).open("w") as terminal:
        run = subprocess.Popen(
            [*command, "study.yaml"],
            cwd=project.folder,
            env={**own_variables(), **(warm() if forked else {})},
            stderr=terminal,
        )
    try:
        yield run
    finally:
        run.kill()
        run.wait()
    deadline = time.monotonic() + 10
    while (left := processes_in(project.folder)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == {}


def seconds(project: Project, forked: bool = True) -> float:
    """How long Snakemake takes to run what is to be done."""
    begun = time.monotonic()
    with started(project, forked) as run:
        assert run.wait() == 0, said(project).read_text()
    return time.monotonic() - begun


def kill_one(run: "subprocess.Popen[bytes]", project: Project, draw: random.Random) -> str:
    """Kill Snakemake or a process of one of its jobs, if there is one; say which."""
    jobs = {
        process: command
        for process, command in processes_in(project.folder).items()
        if "/.snakemake/scripts/" in command
    }
    if jobs and draw.random() < 0.4:
        process = draw.choice(sorted(jobs))
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        # The others may go on; Snakemake ends when they have.
        if run.wait(300) != 0:
            assert len(errors(said(project).read_text())) == 1, said(project).read_text()
        return jobs[process]
    run.kill()
    return "snakemake"


def unlock_as_told(project: Project) -> bool:
    """Do what the next run says about the lock of one that was killed, if it meets it."""
    locked = (project.folder / ".snakemake/locks").is_dir() and any(
        (project.folder / ".snakemake/locks").iterdir()
    )
    if locked:
        refused = project.snakemake("--quiet", "all")
        (line,) = errors(refused.stderr)
        command = re.search(r"`(.* --unlock .*)`", line)
        assert command is not None, line
        subprocess.run(shlex.split(command[1]), cwd=project.folder, check=True, capture_output=True)
    return locked


def test_a_study_that_is_killed_again_and_again_ends_with_the_same_bytes(
    tmp_path: Path,
) -> None:
    """Of a killed Snakemake nothing is left after 10 s (`started`)."""
    draw = random.Random(SEED)
    undisturbed = Project.copy_of_sources(tmp_path / "timed", ROOT / "tests/studies/tiny.yaml")
    whole, planning = seconds(undisturbed, forked=False), seconds(undisturbed)
    project = Project.copy_of_sources(tmp_path / "project", ROOT / "tests/studies/tiny.yaml")
    killed: list[str] = []
    explained = 0
    while len(killed) < KILLS:
        with started(project) as run:
            # Over planning and what is done in a part of the study, so that all is met. Started as
            # forks, all of it takes two thirds.
            moment = draw.uniform(0, planning + 2 * (2 / 3) * (whole - planning) / KILLS)
            try:
                run.wait(moment)
            except subprocess.TimeoutExpired:
                killed.append(kill_one(run, project, draw))
            else:
                assert run.returncode == 0, said(project).read_text()
                killed.append("nothing")
        # It takes as long as planning; the command does no more than the other line.
        if explained < 2:
            explained += unlock_as_told(project)
        shutil.rmtree(project.folder / ".snakemake/locks", ignore_errors=True)
    print(*killed, sep="\n")
    seconds(project)
    assert explained == 2
    assert killed.count("nothing") < KILLS / 2
    for stage in STAGES:
        files, others = (
            {
                path: content
                for path, content in of.files(f"{stage}/**/[!.]*.*").items()
                if "/events/" not in path
            }
            for of in (undisturbed, project)
        )
        assert files.keys() == others.keys()
        assert [path for path, content in files.items() if others[path] != content] == []
    assert list(project.folder.glob("results/**/*.partial")) == []
