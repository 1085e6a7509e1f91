"""What a comparison ends with: the report, and what the study answers."""

from pathlib import Path

from synthgap.command_line import workflow
from synthgap.command_line.headline import answer_of
from synthgap.command_line.study_files import results_of


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
    print(answer_of(results))
    return 0


def _is_new(report: Path, results: Path) -> bool:
    """Whether a report is newer than everything that it shows."""
    if not report.exists():
        return False
    shown = (
        file
        for folder in ("figures", "report", "summary")
        for file in (results / folder).rglob("*")
        if file.is_file()
    )
    written = report.stat().st_mtime_ns
    return all(file.stat().st_mtime_ns < written for file in shown)
