"""What jobs call, as Python notes it, beside what counts in the identity of their code."""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from synthgap import identity
from synthgap.identity.names import Statement, Whole, module_at
from tests.workflow.project import Project, warm

Calls = dict[str, set[tuple[Path, int]]]
"""Of each script the functions that its jobs called: file and line."""


def run_noting(project: Project, *targets: str, results: str = "results") -> None:
    """Run without workers, and note in the project's folder `calls` what each job calls."""
    folder = project.folder / "calls"
    folder.mkdir(exist_ok=True)
    paths = [warm()["PYTHONPATH"], str(Path(__file__).parent / "calls")]
    noting = {"PYTHONPATH": os.pathsep.join(paths), "CALLS": str(folder)}
    settings = ("--config", "workers=off", f"results={results}")
    project.run(*targets, *settings, variables=noting)


def noted(project: Project) -> Calls:
    """What the jobs of all such runs called."""
    found: Calls = defaultdict(set)
    for file in (project.folder / "calls").iterdir():
        name, *lines = file.read_text().splitlines()
        # Snakemake runs a copy of the script.
        if script := re.search(r"(\w+\.py)$", name):
            pairs = (line.split("\t") for line in lines)
            found[script[1]] |= {(Path(path), int(number)) for path, number in pairs}
    return {name: calls for name, calls in found.items() if not name.startswith("__")}


def uncounted(project: Project) -> list[tuple[str, str, int]]:
    """What a script's jobs called without its counting: script, file and line."""
    found = []
    with _identities_of(project):
        for script, calls in noted(project).items():
            counted = set(identity.reached(project.folder / "workflow/scripts" / script))
            if script == "draw_chart.py":
                # Which chart it draws, its rule says, and counts.
                rules = "".join(file.read_text() for file in (project.folder / "rules").iterdir())
                for name in re.findall(r'\*\*chart\(\s*"(\w+)"', rules):
                    counted |= set(identity.reached(f"synthgap.figures.charts.{name}.draw"))
            assert len(calls) > 5
            found += [
                (script, path.name, line)
                for path, line in calls
                if not identity.is_plumbing(path)
                and Whole(path) not in counted
                and (around := _statement_at(path, line)) is not None
                and around not in counted
            ]
    return found


@contextmanager
def _identities_of(project: Project) -> Iterator[None]:
    with mock.patch.object(identity, "PACKAGE_ROOT", project.folder / "src/synthgap"):
        yield


def _statement_at(path: Path, line: int) -> Statement | None:
    """The statement that a function is or lies in; None for what loads modules."""
    for number, statement in enumerate(module_at(path).statements):
        decorators = getattr(statement, "decorator_list", [])
        first = min(each.lineno for each in (statement, *decorators))
        if first <= line <= (statement.end_lineno or first):
            # A package's own look-up of names runs where a module is taken from it.
            looks_up = getattr(statement, "name", "") == "__getattr__"
            return None if looks_up else Statement(path, number)
    return None
