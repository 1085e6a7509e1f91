"""The workflow as others find it: through workflow/Snakefile, as a module, from a repository."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

from tests.workflow.project import Project, errors

pytestmark = pytest.mark.long

SNAKEFILE = """
configfile: "config/config.yaml"


module synthgap:
    snakefile:
        {where}
    config:
        config


use rule * from synthgap
"""
"""As snakedeploy writes it."""

PAGE = "results/summary/quarantine.csv"
"""What has scripts, templates and a caption, and needs no model."""


def deployed(folder: Path, project: Project, where: str) -> Path:
    """A folder as snakedeploy leaves it, with nothing of the project but study and profiles."""
    (folder / "workflow").mkdir(parents=True)
    (folder / "workflow/Snakefile").write_text(SNAKEFILE.format(where=where))
    (folder / "config").mkdir()
    shutil.copy2(project.study_file, folder / "config/config.yaml")
    shutil.copytree(project.folder / "profiles", folder / "profiles")
    return folder


def snakemake(folder: Path, *arguments: str, **variables: str) -> str:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments, "--cores", "2"],
        cwd=folder,
        env={**environment, **variables},
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return done.stdout + done.stderr


def planned(said: str) -> Counter[str]:
    """Of each rule the jobs of a dry-run."""
    return Counter(line[5:-1] for line in said.splitlines() if line.startswith("rule "))


def test_the_catalogue_finds_the_same_workflow(finished: Project) -> None:
    other = ("--snakefile", "workflow/Snakefile")
    # The order is the scheduler's, and differs from one dry-run to the next.
    assert sorted(finished.jobs("--forceall", *other)) == sorted(finished.jobs("--forceall"))
    assert finished.jobs(*other) == [], "another way to call it makes nothing stale"


def test_a_module_makes_what_the_workflow_makes(finished: Project, tmp_path: Path) -> None:
    where = repr(str(finished.folder / "workflow/Snakefile"))
    folder = deployed(tmp_path / "mine", finished, where)
    ours = Counter(job.rule for job in finished.jobs("--forceall"))
    assert planned(snakemake(folder, "-n")) == ours | Counter(all=1)
    said = snakemake(folder, PAGE, "results/images/natural-val/digit-6.parquet")
    assert errors(said) == []
    for path in (PAGE, "results/images/natural-val/digit-6.parquet"):
        assert (folder / path).read_bytes() == (finished.folder / path).read_bytes()
    snakemake(folder, PAGE, "--report", "report.zip")
    assert (folder / "report.zip").is_file()
    assert not (finished.folder / "workflow/results").exists()


def test_a_module_takes_a_section_of_the_configuration(finished: Project, tmp_path: Path) -> None:
    where = repr(str(finished.folder / "workflow/Snakefile"))
    folder = deployed(tmp_path / "mine", finished, where)
    (folder / "config/config.yaml").write_text(yaml.safe_dump({"gap": finished.study}))
    snakefile = folder / "workflow/Snakefile"
    text = snakefile.read_text().replace("        config\n", '        config["gap"]\n')
    snakefile.write_text(text.replace("rule * from synthgap", "rule * from synthgap as gap_*"))
    assert planned(snakemake(folder, "-n", "gap_images"))["gap_generate_images"] == 6


def test_a_module_comes_from_a_repository(finished: Project, tmp_path: Path) -> None:
    """Snakemake then fetches file by file; git takes a folder here for the repository's host."""
    project = finished.copy(tmp_path / "hub/someone/synthgap")
    shutil.rmtree(project.results)
    git = ("git", "-c", "user.name=nobody", "-c", "user.email=nobody@localhost")
    for command in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-q", "-m", "all")):
        subprocess.run([*git, *command], cwd=project.folder, check=True)
    where = 'github("someone/synthgap", path="workflow/Snakefile", branch="main")'
    folder = deployed(tmp_path / "mine", finished, where)
    variables = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.file://{tmp_path}/hub/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        # The package is installed with its workflow beside it.
        "PYTHONPATH": str(finished.folder / "src"),
    }
    table = "results/images/natural-val/digit-6.parquet"
    snakemake(folder, table, **variables)
    assert (folder / table).read_bytes() == (finished.folder / table).read_bytes()
    assert planned(snakemake(folder, "-n", **variables))["write_report"] == 1
