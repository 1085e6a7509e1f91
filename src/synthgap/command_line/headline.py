"""What a finished study answers, for a terminal: the headline table, and where the report lies."""

import shlex
from pathlib import Path

import pandas as pd

from synthgap.command_line.study_files import command_of, results_of
from synthgap.described import frame
from synthgap.errors import InputError
from synthgap.numbers import in_columns
from synthgap.summary.copied_images import sentences
from synthgap.summary.headline import headline

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
"""Names of study files end so."""


def show(given: str) -> None:
    """Print the table of each encoder, and where the report lies.

    Args:
        given: a study file, or the folder of its results.

    Raises:
        InputError: there are no results yet.
    """
    study = Path(given) if Path(given).suffix.lower() in SUFFIXES else None
    results = results_of(study) if study else Path(given)
    summary = results / "summary/variants.parquet"
    if not summary.exists():
        raise InputError(f"{summary}: not made yet; run {_remedy(given, study)}")
    print(tables(frame(summary)))
    print_copies(results)
    print(f"\nTables: {summary.parent}")
    report = results / "report.zip"
    if report.exists():
        print(f"Report: {report} (unpack it and open report.html)")


def tables(variants: pd.DataFrame) -> str:
    """The headline of each encoder.

    Args:
        variants: `summary/variants`.
    """
    parts = []
    for encoder, rows in variants.groupby("encoder", sort=False):
        columns = [[name, *map(str, cells)] for name, cells in headline(rows).items()]
        parts.append(f"\n{encoder}, {rows['n'].min()} images a class measured, [95 % interval]\n")
        parts.append(in_columns(list(zip(*columns, strict=True))))
    return "\n".join(parts)


def print_copies(results: Path) -> None:
    """Say which sources hold copies, if any do."""
    copies = results / "summary/copies.parquet"
    if said := sentences(frame(copies)) if copies.exists() else []:
        print("\nCopies:", *said, sep="\n  ")


def _remedy(given: str, study: Path | None) -> str:
    if study is not None:
        return f"`{shlex.join(command_of(study))}`"
    if given == "results" and Path("Makefile").exists():
        return "`make study` first, or name the file of your own study"
    return "the study whose results go there, or name its file: `synthgap headline my-study.yaml`"
