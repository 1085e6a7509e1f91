"""A copy of the project in which Snakemake runs, for tests that change sources or study files."""

import atexit
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from synthgap.jobs.identities import Remembered

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("Snakefile", "rules", "workflow", "src", "config", "envs", "profiles", "slurm")


def errors(said: str) -> list[str]:
    """The lines of synthgap that are no notes on a study that runs all the same."""
    return [
        line
        for line in said.splitlines()
        if line.startswith("synthgap: ") and not line.startswith("synthgap: note: ")
    ]


@cache
def _remembered() -> Remembered:
    """The identities of all scripts, of which a copy of the sources would compute the same."""
    found = Remembered(ROOT / ".snakemake/synthgap/identities.json", ROOT / "workflow/scripts")
    for script in (ROOT / "workflow/scripts").glob("*.py"):
        found.of_script(script.name)
    return found


def own_variables() -> dict[str, str]:
    """Without the path to sources, of which each project has its own."""
    return {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}


@cache
def warm() -> dict[str, str]:
    """The variables with which Snakemake and its jobs start as forks of one server; see tests/warm.

    Nothing shows then that a process imports all that it needs; the default study's test does.
    """
    folder = tempfile.TemporaryDirectory(prefix="warm-", dir="/tmp")
    # Names of sockets are short.
    place = Path(folder.name, "socket")
    command = [sys.executable, str(ROOT / "tests/warm/server.py"), str(place)]
    # With this process its input ends, and so does the server.
    server = subprocess.Popen(command, stdin=subprocess.PIPE, env=own_variables())
    atexit.register(folder.cleanup)
    while not place.exists():
        assert server.poll() is None
        time.sleep(0.05)
    return {"WARM": str(place), "PYTHONPATH": str(ROOT / "tests/warm")}


class Job(NamedTuple):
    """A job that a dry-run would run."""

    rule: str
    wildcards: str


class Project:
    """A checkout with its study file and its results."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.study_file = folder / "study.yaml"
        self.results = folder / "results"

    @classmethod
    def copy_of_sources(cls, folder: Path, study: Path) -> "Project":
        folder.mkdir(parents=True)
        for part in PARTS:
            source = ROOT / part
            if source.is_symlink():
                (folder / part).symlink_to(source.readlink())
            elif source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
                shutil.copytree(source, folder / part, ignore=ignored)
            else:
                shutil.copy2(source, folder / part)
        shutil.copy2(study, folder / "study.yaml")
        # Snakemake starts in half of the time.
        shutil.copytree(_remembered().file.parent, folder / ".snakemake/synthgap")
        return cls(folder)

    def copy(self, folder: Path) -> "Project":
        """The same sources, results and memory of Snakemake in another folder."""
        # Another test may just be planning there.
        ignored = shutil.ignore_patterns("log", "locks")
        shutil.copytree(self.folder, folder, symlinks=True, ignore=ignored)
        return Project(folder)

    @property
    def study(self) -> dict[str, Any]:
        return dict(yaml.safe_load(self.study_file.read_text()))

    def change_study(self, **sections: Any) -> None:
        self.study_file.write_text(yaml.safe_dump({**self.study, **sections}, sort_keys=False))

    def change_source(self, path: str, old: str, new: str) -> None:
        file = self.folder / path
        text = file.read_text()
        assert old in text, f"{old!r} is not in {path}"
        file.write_text(text.replace(old, new))

    def snakemake(
        self,
        *arguments: str,
        study: bool = True,
        variables: Mapping[str, str] | None = None,
        cores: int = 1,
        forked: bool = True,
    ) -> "subprocess.CompletedProcess[str]":
        """Run Snakemake; its one worker loads what two would, and other tests run beside this."""
        # Targets come first: several options take any number of values.
        command = [sys.executable, "-m", "snakemake", *arguments, "--cores", str(cores)]
        if study:
            command += ["--configfile", "study.yaml"]
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**own_variables(), **(warm() if forked else {}), **(variables or {})},
            text=True,
            capture_output=True,
            check=False,
        )

    def run(
        self, *arguments: str, variables: Mapping[str, str] | None = None, cores: int = 1
    ) -> str:
        done = self.snakemake(*arguments, variables=variables, cores=cores)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
        return done.stderr

    def jobs(self, *arguments: str) -> list[Job]:
        """What a dry-run would run, without the target rules."""
        done = self.snakemake(*arguments, "--dry-run")
        assert done.returncode == 0, done.stderr[-3000:]
        found = re.findall(
            r"^rule (\w+):\n((?:    .*\n)*)", done.stdout + done.stderr, re.MULTILINE
        )
        jobs = []
        for rule, body in found:
            wildcards = re.search(r"^    wildcards: (.*)$", body, re.MULTILINE)
            jobs.append(Job(rule, wildcards[1] if wildcards else ""))
        return [job for job in jobs if job.rule != "all"]

    def counts(self, *arguments: str) -> Counter[str]:
        return Counter(job.rule for job in self.jobs(*arguments))

    def files(self, pattern: str) -> dict[str, bytes]:
        found = self.results.glob(pattern)
        return {str(path.relative_to(self.results)): path.read_bytes() for path in found}
