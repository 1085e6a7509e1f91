"""Identities that lie on disk are those that would be computed."""

import os
import shutil
from pathlib import Path

import pytest

from synthgap import identity
from synthgap.identity import forms, names
from synthgap.jobs.identities import Remembered


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package, scripts = tmp_path / "world", tmp_path / "scripts"
    for folder in (package, scripts):
        folder.mkdir()
    (package / "__init__.py").write_text("")
    (package / "spread.py").write_text("POWER = 2\n\n\ndef measure(x):\n    return x**POWER\n")
    (scripts / "work.py").write_text("from world.spread import measure\n\nmeasure(1)\n")
    monkeypatch.setattr(identity, "PACKAGE_ROOT", package)
    return scripts


def started(scripts: Path) -> Remembered:
    """As a new process sees the sources."""
    for cached in (identity._form, names.module_at, names._file_of, forms._name_of):
        cached.cache_clear()
    return Remembered(scripts.parent / "memory/identities.json", scripts)


def test_are_those_that_would_be_computed(scripts: Path) -> None:
    for _ in range(2):
        memory = started(scripts)
        assert memory.of_script("work.py") == identity.code_identity(scripts / "work.py")
        definition = "world.spread.measure"
        assert memory.of_definition(definition) == identity.code_identity(definition)


def test_nothing_is_computed_twice(scripts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = started(scripts).of_script("work.py")
    monkeypatch.setattr(identity, "code_identity", lambda source: pytest.fail(f"{source}"))
    assert started(scripts).of_script("work.py") == found


@pytest.mark.parametrize("place", ["world/spread.py", "scripts/work.py"])
def test_a_changed_source_is_seen_whatever_its_time_and_size(scripts: Path, place: str) -> None:
    file = scripts.parent / place
    before, text, status = started(scripts).of_script("work.py"), file.read_text(), file.stat()
    file.write_text(text.replace("2", "3").replace("(1)", "(7)"))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert file.stat().st_size == status.st_size
    assert started(scripts).of_script("work.py") != before
    file.write_text(text)
    assert started(scripts).of_script("work.py") == before


@pytest.mark.parametrize("content", ["", "[1]", "{", '{"other": {}}'])
def test_a_file_that_says_nothing_is_written_anew(scripts: Path, content: str) -> None:
    found = started(scripts).of_script("work.py")
    file = scripts.parent / "memory/identities.json"
    file.write_text(content)
    assert started(scripts).of_script("work.py") == found
    assert found in file.read_text()


def test_a_place_that_takes_no_file_costs_only_time(scripts: Path) -> None:
    found = started(scripts).of_script("work.py")
    shutil.rmtree(scripts.parent / "memory")
    (scripts.parent / "memory").write_text("a file where the folder should be")
    assert started(scripts).of_script("work.py") == found
