"""What the terminal says of mistakes: one line, once, however quiet Snakemake is asked to be."""

from pathlib import Path

import pytest

from tests.workflow.project import ROOT, Project, errors

pytestmark = pytest.mark.long

TABLE = "results/images/natural-val/digit-0.parquet"
"""A file that is made in seconds, without a model."""

READS = "    from synthgap.image_sets.image_table import"
"""A line of the script that makes it."""


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("terminal") / "project"
    return Project.copy_of_sources(folder, ROOT / "tests/studies/tiny.yaml")


def failing(project: Project, folder: Path, work: str) -> Project:
    """A project whose job fails."""
    copy = project.copy(folder / "project")
    copy.change_source("workflow/scripts/read_images.py", READS, f"    {work}\n{READS}")
    return copy


QUIETNESS: list[list[str]] = [[], ["--quiet"], ["--quiet", "host", "reason", "rules"]]


@pytest.mark.parametrize(
    ("arguments", "workers"),
    [
        *((quiet, "on") for quiet in QUIETNESS),
        *((["--quiet", "all"], way) for way in ("on", "off")),
    ],
)
def test_the_line_of_a_failed_job_is_there_once(
    sources: Project, tmp_path: Path, arguments: list[str], workers: str
) -> None:
    work = "from synthgap.errors import InputError; print('begun'); raise InputError('c.yaml: no')"
    project = failing(sources, tmp_path, work)
    done = project.snakemake(TABLE, *arguments, "--retries", "1", "--config", f"workers={workers}")
    assert done.returncode == 1
    shown = 1 if "--quiet" in arguments else 2
    assert errors(done.stderr) == ["synthgap: c.yaml: no"] * shown, done.stderr
    if "all" in arguments:
        assert len(done.stderr.splitlines()) <= 3, done.stderr


def test_a_mistake_of_the_program_is_named_with_its_log(sources: Project, tmp_path: Path) -> None:
    project = failing(sources, tmp_path, "{}['key']")
    done = project.snakemake(TABLE, "--quiet", "all")
    log = "results/logs/images/natural-val/digit-0.log"
    assert errors(done.stderr) == [f"synthgap: read_images failed: KeyError: 'key'; see {log}"]
    assert "Traceback" not in done.stderr
    assert "Traceback" in (project.folder / log).read_text()


def test_what_snakemake_finds_wrong_is_there_however_quiet(sources: Project) -> None:
    done = sources.snakemake("imges", "--quiet", "all")
    assert done.returncode == 1
    assert "No rule to produce imges" in done.stderr


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Study files that are none."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "binary.yaml").write_bytes(b"\x80\xff\x00" * 100)
    (folder / "list.yaml").write_text("- study")
    (folder / "empty.yaml").touch()
    return folder


MISTAKES = {
    "missing.yaml": "cannot be read (No such file or directory)",
    "": "cannot be read (not a file)",
    "binary.yaml": "not UTF-8 text; save it as UTF-8",
    "list.yaml": "a study file is a mapping of sections; see config/README.md",
    "empty.yaml": "a study file is a mapping of sections; see config/README.md",
}


@pytest.mark.parametrize("name", MISTAKES)
def test_no_study_file_is_a_line(sources: Project, files: Path, name: str) -> None:
    file = str(files / name) if name else str(files)
    done = sources.snakemake(TABLE, "--configfile", file, "--quiet", "all", study=False)
    assert done.returncode == 1
    assert errors(done.stderr) == [f"synthgap: {file}: {MISTAKES[name]}"]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("given", "wrong"), [("images_per_class", "not 'images_per_class'"), ("3=4", "a key is a word")]
)
def test_no_value_is_a_line(sources: Project, given: str, wrong: str) -> None:
    done = sources.snakemake(TABLE, "-n", "--config", given)
    said = done.stdout + done.stderr
    assert done.returncode == 1
    (line,) = errors(said)
    assert line.startswith(
        "synthgap: --config takes key=value, as in --config images_per_class=100"
    )
    assert wrong in line
    assert "Traceback" not in said


def test_as_quiet_as_make_a_run_says_how_far_it_is(sources: Project, tmp_path: Path) -> None:
    project = sources.copy(tmp_path / "project")
    quiet = ("--quiet", "host", "reason", "rules")
    own = {"PYTHONPATH": str(project.folder / "src")}
    done = project.snakemake(TABLE, *quiet, variables=own)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert lines.count("1 of 1 jobs (100 %)") == 1, done.stderr
    # No terminal is there, so that a minute has a line.
    assert len([line for line in lines if " jobs (" in line]) == 1
    assert not [line for line in lines if "Select jobs" in line or "Finished jobid" in line]
