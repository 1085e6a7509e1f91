"""One run at a time in a folder of results, whichever checkout each was started in.

Snakemake's own lock lies where it was started: runs of two checkouts do not see each other's, and
it stays when its run is killed. This one is the kernel's, on a file in the results, and ends with
its run.
"""

import contextlib
import fcntl
import logging
import os
import platform
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from synthgap.errors import InputError

LOCK = ".lock"
"""The file in the results that is locked; it says by whom."""

_held: dict[Path, int] = {}
"""Descriptors of what this process holds, until it ends."""


def take(results: str | Path) -> None:
    """Hold a folder of results, made if it is missing, until this process ends.

    Where a disk knows no such locks, nothing is held: runs may meet there.

    Raises:
        InputError: another run holds it.
    """
    file = Path(results).resolve() / LOCK
    if file in _held:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
        except PermissionError:
            # Another user's; to lock it needs no right to write.
            descriptor = os.open(file, os.O_RDONLY)
    except OSError:
        # Not for this run to write in; its jobs say so.
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(descriptor, 4096).decode(errors="replace").strip()
        os.close(descriptor)
        raise InputError(
            f"{results}: another run is at work there ({holder or 'it does not say which'}); "
            "wait for its end, or set results to another folder"
        ) from error
    except OSError:
        os.close(descriptor)
        return
    _held[file] = descriptor
    # On a full disk the lock says no name, and holds.
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} on {platform.node()}, {Path.cwd()}\n".encode())


def on_log(results: str, wanted: Callable[[], bool]) -> Callable[[logging.LogRecord], bool]:
    """Take the lock when Snakemake begins to plan, and explain a lock of its own that it meets.

    Args:
        results: the folder.
        wanted: says by then whether Snakemake is going to run jobs.

    Returns:
        A filter for Snakemake's logger, the only one to hear of both in time.
    """

    def listen(record: logging.LogRecord) -> bool:
        if getattr(record, "event", None) == "workflow_started" and wanted():
            try:
                take(results)
            except InputError as error:
                sys.exit(f"synthgap: {error}")
        if getattr(record, "exception", None) == "LockException":
            record.msg = f"synthgap: {_explained(results)}"
        return True

    return listen


def _explained(results: str) -> str:
    """What is to be done about Snakemake's lock; that of a run that lives was met before it."""
    module = Path(sys.argv[0]).name == "__main__.py"
    program = [sys.executable, "-m", "snakemake"] if module else [sys.argv[0]]
    command = shlex.join([*program, "--unlock", *sys.argv[1:]])
    held = Path(results).resolve() / LOCK in _held
    who = "a run that was killed left" if held else "another run, or one that was killed, left"
    unless = "no run is at work on another machine" if held else "no run is at work"
    return (
        f"{Path.cwd()}: {who} its lock here; if {unless}, remove it with `{command}`, and run again"
    )
