"""Errors that are the user's to mend: shown as one line, never as a traceback."""

import contextlib
import errno
import io
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HINTS = {
    errno.ENOSPC: "free some",
    errno.EDQUOT: "free some, or ask for more",
    errno.EROFS: "make it writable, or set results to another place",
    errno.EACCES: "make it accessible, or set results to another place",
}
"""What to do about a disk that takes no more; no mistake of the program."""


class InputError(ValueError):
    """Bad input. The message says what is wrong, where, and what would be right."""


@contextmanager
def logging_to(log: str | Path) -> Iterator[None]:
    """Append what this process prints to a log; leave there why the block failed, and exit.

    Of an `InputError` and of a full or closed disk that is one line, of any other a traceback.
    """
    path = Path(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    with output_to(path):
        try:
            yield
        except Exception as error:
            _say(_why(error), path)
            sys.exit(1)


@contextmanager
def output_to(log: str | Path) -> Iterator[None]:
    """Lead standard output and standard error of this process to the end of a file.

    Only the descriptors change. `sys.stdout` and `sys.stderr` stay what they are, since handlers of
    logging keep the stream that they were made with: in a worker they follow to each job's log.
    """
    _set_up(sys.stdout)
    _set_up(sys.stderr)
    _flush()
    before = {descriptor: os.dup(descriptor) for descriptor in (1, 2)}
    # A job and its worker append to one log; neither may write over the other.
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        for descriptor in before:
            os.dup2(file, descriptor)
        yield
    finally:
        _flush()
        for descriptor, copy in before.items():
            os.dup2(copy, descriptor)
            os.close(copy)
        os.close(file)
        # What a full disk did not take belongs into no other job's log.
        _flush()


def _set_up(stream: object) -> None:
    """Write each line at once, and any character whatever the locale."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()


def _why(error: Exception) -> str:
    if isinstance(error, InputError):
        return f"synthgap: {error}"
    if isinstance(error, OSError) and error.errno in HINTS:
        where = f"{error.filename}: " if error.filename else ""
        return (
            f"synthgap: {where}{os.strerror(error.errno)}; {HINTS[error.errno]}, and run again: "
            "what was made until now is kept"
        )
    return "".join(traceback.format_exception(error)).rstrip()


def _say(reason: str, log: Path) -> None:
    _flush()
    line = f"{reason}\n".encode(errors="backslashreplace")
    with contextlib.suppress(OSError):
        if os.write(2, line) == len(line):
            return
    # On a full disk the log makes room for its last line.
    os.truncate(log, 0)
    _flush()
    os.write(2, line)
