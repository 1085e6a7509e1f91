"""What a job calls counts in the identity of its code: held against Python's own notes of calls."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from synthgap import identity
from synthgap.identity.names import Statement, Whole, module_at
from tests.workflow.project import Project

pytestmark = pytest.mark.long


@pytest.fixture
def called(again: Project, monkeypatch: pytest.MonkeyPatch) -> dict[str, set[tuple[Path, int]]]:
    """Of each script the functions that its jobs called: file and line."""
    monkeypatch.setattr(identity, "PACKAGE_ROOT", again.folder / "src/synthgap")
    found: dict[str, set[tuple[Path, int]]] = defaultdict(set)
    for file in (again.folder / "calls").iterdir():
        name, *lines = file.read_text().splitlines()
        # Snakemake runs a copy of the script.
        if script := re.search(r"(\w+\.py)$", name):
            pairs = (line.split("\t") for line in lines)
            found[script[1]] |= {(Path(path), int(number)) for path, number in pairs}
    return {name: calls for name, calls in found.items() if not name.startswith("__")}


def test_everything_that_a_job_calls_counts(
    again: Project, called: dict[str, set[tuple[Path, int]]]
) -> None:
    scripts = {file.name for file in (again.folder / "workflow/scripts").glob("*.py")}
    # Models from a folder and images inside Parquet files are in none of this study.
    assert scripts - called.keys() == {"fingerprint_model.py", "index_images.py"}
    uncounted = []
    for script, calls in called.items():
        counted = identity.reached(again.folder / "workflow/scripts" / script)
        assert len(calls) > 5
        uncounted += [
            (script, path.name, line)
            for path, line in calls
            if not identity.is_plumbing(path)
            and Whole(path) not in counted
            and (around := statement_at(path, line)) is not None
            and around not in counted
        ]
    assert uncounted == []


def statement_at(path: Path, line: int) -> Statement | None:
    """The statement that a function is or lies in; None for what loads modules."""
    for number, statement in enumerate(module_at(path).statements):
        decorators = getattr(statement, "decorator_list", [])
        first = min(each.lineno for each in (statement, *decorators))
        if first <= line <= (statement.end_lineno or first):
            # A package's own look-up of names runs where a module is taken from it.
            looks_up = getattr(statement, "name", "") == "__getattr__"
            return None if looks_up else Statement(path, number)
    return None
