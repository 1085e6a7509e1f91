"""What a finished study answers, for a terminal: verdict and headline, and where the rest lies."""

import shlex
import textwrap
from pathlib import Path

import pandas as pd

from synthgap.command_line.study_files import command_of, results_of
from synthgap.described import frame
from synthgap.errors import InputError
from synthgap.numbers import in_columns
from synthgap.summary.copied_images import sentences
from synthgap.summary.headline import headline
from synthgap.summary.over_replicates import TABLES, Answer, over_replicates
from synthgap.summary.verdict import verdict

SUFFIXES = frozenset({".yaml", ".yml", ".json"})
"""Names of study files end so."""

WIDTH = 100
"""Of sentences in a terminal, in columns."""


def show(given: str) -> None:
    """Print what a finished study answers.

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
    print(answer_of(results))


def answer_of(results: Path) -> str:
    """The answer of a study: of each encoder the verdict and the table, then where all of it lies.

    Of a study that is made in part what there is is said.

    Args:
        results: the folder of its results, with `summary/variants`.
    """
    summary = results / "summary"
    variants = frame(summary / "variants.parquet")
    differences, causes, copies, leaks = (
        frame(table) if (table := summary / f"{name}.parquet").exists() else None
        for name in ("differences", "causes", "copies", "leaks")
    )
    over = [table for name in TABLES if (table := summary / f"{name}.parquet").exists()]
    if differences is not None and causes is not None and len(over) == len(TABLES):
        first = Answer(variants, differences, causes)
        variants, differences, causes = over_replicates(first, *map(frame, over))
    of_encoders = [(str(name), rows) for name, rows in variants.groupby("encoder", sort=False)]
    parts = []
    for encoder, rows in of_encoders:
        if differences is not None and causes is not None:
            heading = [f"As {encoder} sees the images:"] if len(of_encoders) > 1 else []
            said = verdict(variants, differences, causes, encoder, leaks)
            parts.append("\n".join([*heading, *map(_wrapped, said)]))
        parts += [
            f"{encoder}, {rows['n'].min()} images a class measured, [95 % interval]",
            _table(rows),
        ]
    if copies is not None and (said := sentences(copies)):
        parts.append("\n  ".join(["Copies:", *said]))
    parts.append("\n".join(_places(results)))
    return "\n" + "\n\n".join(parts)


def _wrapped(sentence: str) -> str:
    """Wrap a sentence; what is not its beginning stands further right."""
    return textwrap.fill(
        sentence, WIDTH, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False
    )


def _table(variants: pd.DataFrame) -> str:
    """The headline of an encoder."""
    columns = [[name, *map(str, cells)] for name, cells in headline(variants).items()]
    return in_columns(list(zip(*columns, strict=True)))


def _places(results: Path) -> list[str]:
    """Where tables and the report lie, as far as they are made."""
    page, packed = results / "report/index.html", results / "report.zip"
    return [
        *([f"Report: {page}"] if page.exists() else []),
        *([f"To pass on: {packed} (unpack it and open report.html)"] if packed.exists() else []),
        f"Tables: {results / 'summary'}",
    ]


def _remedy(given: str, study: Path | None) -> str:
    if study is not None:
        return f"`{shlex.join(command_of(study))}`"
    if given == "results" and Path("Makefile").exists():
        return "`make study` first, or name the file of your own study"
    return "the study whose results go there, or name its file: `synthgap headline my-study.yaml`"
