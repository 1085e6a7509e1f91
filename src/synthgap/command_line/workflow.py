"""Where the workflow lies, and running Snakemake on it."""

import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from synthgap.errors import InputError

PACKAGE = Path(__file__).resolve().parents[1]

INSTALLED = "workflow_files"
"""Folder of the package into which a wheel puts the workflow (see setup.py)."""

QUIET = ("--quiet", "host", "reason", "rules")
"""Leaves of what Snakemake prints its progress and what went wrong."""


def workflow_folder() -> Path:
    """The folder of the Snakefile: a clone's root, or the copy inside the installed package.

    Raises:
        InputError: there is none.
    """
    for folder in (PACKAGE.parents[1], PACKAGE / INSTALLED):
        if (folder / "Snakefile").is_file() and (folder / "profiles/default").is_dir():
            return folder
    raise InputError(f"{PACKAGE}: the workflow is missing; install synthgap anew")


def snakemake(study_file: Path, *arguments: str) -> list[str]:
    """The command that runs the workflow on a study, whose paths are relative to its own folder."""
    workflow = workflow_folder()
    return [
        *(sys.executable, "-m", "snakemake"),
        *("--snakefile", str(workflow / "Snakefile")),
        *("--workflow-profile", str(workflow / "profiles/default")),
        *("--directory", str(study_file.parent)),
        *("--configfile", str(study_file)),
        *arguments,
    ]


def run(command: Sequence[str]) -> int:
    """Say and run a command, with its output passed through.

    Ctrl-C reaches it as well, and SIGTERM is passed on: it is waited for in any case.

    Returns:
        Its exit status; as a shell says it, if a signal ended it.
    """
    print(f"\n$ {shlex.join(command)}\n", flush=True)
    # A signal between starting it and waiting for it must find the handlers in place.
    started: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int, frame: object) -> None:
        for process in started:
            process.send_signal(number)

    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda number, frame: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, pass_on),
    }
    try:
        process = subprocess.Popen(command)
        started.append(process)
        status = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return status if status >= 0 else 128 - status
