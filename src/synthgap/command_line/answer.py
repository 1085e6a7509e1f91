"""What a comparison ends with: the headline, the verdict, and the report."""

import textwrap
from pathlib import Path

from synthgap.command_line import workflow
from synthgap.command_line.headline import print_copies, tables
from synthgap.command_line.study_files import results_of
from synthgap.described import frame
from synthgap.summary.verdict import verdict

WIDTH = 100


def answer(study_file: Path) -> int:
    """Write the report of a finished study, where it is older than what it shows, and say it all.

    Returns:
        The exit status of Snakemake.
    """
    results = results_of(study_file)
    report = results / "report.zip"
    if not _is_new(report, results):
        # The folder inside the zip is called as the file.
        beside = results / ".new" / report.name
        beside.parent.mkdir(exist_ok=True)
        status = workflow.run(
            workflow.snakemake(study_file, "--quiet", "all", "--report", str(beside))
        )
        if status:
            return status
        beside.replace(report)
        beside.parent.rmdir()
    summary = results / "summary"
    variants, differences, causes = (
        frame(summary / f"{name}.parquet") for name in ("variants", "differences", "causes")
    )
    print(tables(variants))
    for encoder in variants["encoder"].unique():
        print()
        for paragraph in verdict(variants, differences, causes, encoder):
            print(textwrap.fill(paragraph, WIDTH, break_on_hyphens=False))
    print_copies(results)
    print(f"\nFirst page: {results / 'figures/answer.html'}")
    print(f"Report: {report} (unpack it and open report.html)")
    print(f"Tables: {summary}")
    return 0


def _is_new(report: Path, results: Path) -> bool:
    """Whether a report is newer than everything that it shows."""
    if not report.exists():
        return False
    shown = (
        file
        for folder in ("figures", "summary")
        for file in (results / folder).rglob("*")
        if file.is_file()
    )
    written = report.stat().st_mtime_ns
    return all(file.stat().st_mtime_ns < written for file in shown)
