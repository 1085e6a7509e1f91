"""How long the steps of a study took, as Snakemake noted it beside its results.

The only part of the report that differs where the same tables are made again, so it lies in a file
of its own.
"""

import base64
import binascii
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple


class Step(NamedTuple):
    """The jobs of a rule."""

    rule: str
    jobs: int
    seconds: float
    """Of all jobs together, one after another."""
    first: float
    """When the first began, in seconds since 1970."""
    last: float
    """When the last one ended."""

    def written(self) -> list[str]:
        """As the cells of a table."""
        moments = (f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S}" for at in self[3:])
        return [self.rule, str(self.jobs), f"{self.seconds:.1f}", *moments]


def steps(records: str | Path, results: str) -> list[Step]:
    """Add up the jobs that made what lies in a folder of results.

    Args:
        records: the folder `.snakemake/metadata`, in which Snakemake notes of each output file the
            rule, and when its job began and ended.
        results: the folder, as the workflow names it.

    Returns:
        The rules in the order in which they began. None where Snakemake keeps its notes elsewhere.
    """
    jobs: dict[tuple[str, str], list[tuple[float, float]]] = {}
    folder = Path(records)
    for record in folder.rglob("*") if folder.is_dir() else ():
        if record.is_file() and _output_of(record, folder).startswith(f"{results}/"):
            try:
                said = json.loads(record.read_text(encoding="utf-8"))
                job = str(said["rule"]), str(said.get("log"))
                times = float(said["starttime"]), float(said["endtime"])
            except (KeyError, TypeError, ValueError):
                continue
            # A job of several outputs has a record of each, and its log in all of them.
            jobs.setdefault(job, []).append(times)
    rules: dict[str, list[tuple[float, float]]] = {}
    for (rule, _), times_of_outputs in jobs.items():
        starts, ends = zip(*times_of_outputs, strict=True)
        rules.setdefault(rule, []).append((min(starts), max(ends)))
    return sorted(
        (_step(rule, spans) for rule, spans in rules.items()), key=lambda step: step.first
    )


def _step(rule: str, spans: list[tuple[float, float]]) -> Step:
    starts, ends = zip(*spans, strict=True)
    return Step(rule, len(spans), sum(ends) - sum(starts), min(starts), max(ends))


def _output_of(record: Path, folder: Path) -> str:
    """The file that a record is about: its name in base64, in pieces where it is long."""
    name = "".join(part.removeprefix("@") for part in record.relative_to(folder).parts)
    try:
        return base64.urlsafe_b64decode(name).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
