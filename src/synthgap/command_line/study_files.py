"""Study files on disk: which folder their paths are relative to, and what runs them."""

from pathlib import Path

from synthgap.command_line.study_text import MARK
from synthgap.command_line.workflow import snakemake
from synthgap.study.parsing import parse_model, read_yaml


def folder_of(study_file: Path) -> Path:
    """The folder that a study's paths are relative to: where Snakemake runs on it.

    That is its own folder where `synthgap` wrote it, else the one where the user is.
    """
    try:
        with study_file.open(encoding="utf-8") as lines:
            own = lines.readline().startswith(MARK)
    except (OSError, UnicodeDecodeError):
        own = False
    return study_file.absolute().parent if own else Path()


def results_of(study_file: Path) -> Path:
    """The folder of a study's results.

    Raises:
        InputError: the file is no study.
    """
    study = parse_model(read_yaml(study_file), study_file)
    return folder_of(study_file) / study.results


def command_of(study_file: Path) -> list[str]:
    """The command that runs a study."""
    if folder_of(study_file) == Path():
        return ["snakemake", "--configfile", str(study_file)]
    return snakemake(study_file.absolute())
