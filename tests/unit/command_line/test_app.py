"""The commands as a user types them."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tiny_encoders
from class_trees import tree

from synthgap.command_line import app
from synthgap.command_line.app import main

ROOT = Path(__file__).parents[3]


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run a command; gives its exit status, what it printed, and its one line of error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["synthgap", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        code = ended.value.code
        return (1, out, code) if isinstance(code, str) else (code or 0, out, err)

    return run


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tree(tmp_path / "photos", crane=20)
    tree(tmp_path / "made", crane=10)
    tiny_encoders.clip(tmp_path / "clip")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", ["compare", "init", "check", "prompts", "headline"])
def test_help_has_examples(typed, command: str):
    status, out, _ = typed(command, "--help")
    assert status == 0
    assert f"\n    synthgap {command} " in out


def test_there_is_shell_completion(typed):
    assert "--install-completion" in typed("--help")[1]


def test_init_writes_a_file_that_check_accepts(typed, folders: Path):
    status, out, _ = typed("init", "photos", "made", "--encoder", "clip", "--study", "a/b.yaml")
    assert status == 0
    assert "Wrote a/b.yaml" in out
    assert "-m snakemake --snakefile" in out
    assert f"--directory {folders}/a --configfile {folders}/a/b.yaml" in out
    assert sorted(file.name for file in (folders / "a").iterdir()) == ["b.yaml"]
    # Its paths are relative to its own folder, wherever it is checked.
    status, out, _ = typed("check", "a/b.yaml")
    assert (status, out.splitlines()[0]) == (
        0,
        "a/b.yaml: 1 class, 1 variant, 0 images to generate",
    )


def test_compare_runs_snakemake_and_keeps_its_status(
    typed, folders: Path, monkeypatch: pytest.MonkeyPatch
):
    commands = []
    monkeypatch.setattr(app.workflow, "run", lambda command: commands.append(command) or 3)
    status, _, _ = typed("compare", "photos", "made", "--encoder", "clip")
    assert status == 3
    (command,) = commands
    assert command[1:3] == ["-m", "snakemake"]
    places = dict(zip(command[3::2], command[4::2], strict=False))
    assert places["--snakefile"] == str(ROOT / "Snakefile")
    assert places["--workflow-profile"] == str(ROOT / "profiles/default")
    assert places["--directory"] == str(folders)
    assert places["--configfile"] == str(folders / "mine.yaml")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("compare", "photos", "nowhere"), "nowhere: no such file or folder"),
        (("init", "photos", "made", "--encoder", "nowhere"), "--encoder nowhere: no such folder"),
        (("check", "nowhere.yaml"), "nowhere.yaml: cannot be read (No such file or directory)"),
        (("prompts", "nowhere.yaml"), "nowhere.yaml: cannot be read"),
        (("headline", "nowhere.yaml"), "nowhere.yaml: cannot be read"),
        (("headline",), "results/summary/variants.parquet: not made yet; run the study"),
        (("headline", "other"), "other/summary/variants.parquet: not made yet; run the study"),
    ],
)
def test_a_mistake_is_one_line(typed, folders: Path, arguments: tuple[str, ...], said: str):
    status, _, line = typed(*arguments)
    assert status == 1
    assert line.startswith(f"synthgap: {said}")
    assert "\n" not in line


LONG = "x" * 300


@pytest.mark.parametrize(
    "arguments",
    [
        ("init", LONG, "made"),
        ("init", "photos", f"{LONG}/y.csv"),
        ("init", "photos", "made", "--encoder", LONG),
        ("headline", LONG),
    ],
)
def test_what_the_system_refuses_is_one_line(typed, folders: Path, arguments: tuple[str, ...]):
    status, _, line = typed(*arguments)
    assert status == 1
    assert line.startswith("synthgap: ")
    assert LONG in line
    assert line.endswith(": File name too long; a name may have 255 bytes; give a shorter one")


@pytest.mark.parametrize("arguments", [("init", "shut/x.csv", "made"), ("headline", "shut/y")])
def test_a_folder_that_is_shut_is_one_line(
    typed, folders: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
):
    found = Path.stat

    def shut(path: Path, **how: bool) -> os.stat_result:
        if "shut" in path.parts:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return found(path, **how)

    monkeypatch.setattr(Path, "stat", shut)
    status, _, line = typed(*arguments)
    assert status == 1
    assert line.startswith("synthgap: ")
    assert line.endswith(": Permission denied; make it accessible, or name another file or folder")
    assert "\n" not in line


def test_a_study_that_is_not_made_yet_names_its_command(typed, folders: Path):
    Path("Makefile").touch()
    assert "run `make study` first" in typed("headline")[2]
    typed("init", "photos", "made", "--encoder", "clip")
    _, _, line = typed("headline", "mine.yaml")
    assert "variants.parquet: not made yet; run `" in line
    assert f"--configfile {folders}/mine.yaml`" in line
    _, _, line = typed("headline", str(ROOT / "config/miniature.yaml"))
    assert line.endswith(f"run `snakemake --configfile {ROOT}/config/miniature.yaml`")


def test_prompts_of_a_class(typed, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    _, out, _ = typed("prompts", "config/miniature.yaml", "--class", "digit-6")
    assert out.startswith("digit-6: loop\n\nclassname\n  loop\n\ndisamb\n  loop, ")
    # Neither images nor models need to be there.
    _, out, _ = typed("prompts", "config/captions.yaml")
    assert "captioned: {name}, {definition}, {caption}, the caption one of a natural image" in out
    status, out, _ = typed("prompts", "config/imagenet-sd15.yaml", "--class", "n02012849")
    assert status == 0
    assert "\n  crane" in out
    status, _, line = typed("prompts", "config/miniature.yaml", "--class", "digit-66")
    assert (status, line) == (
        1,
        "synthgap: config/miniature.yaml: there is no class digit-66; it has digit-6, digit-9, "
        "digit-8",
    )


def test_python_runs_it_as_a_module(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "synthgap", "check", "nowhere.yaml"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith("synthgap: nowhere.yaml: cannot be read")
