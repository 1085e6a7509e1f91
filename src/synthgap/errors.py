"""Errors that are the user's to mend: shown as one line, never as a traceback."""

import errno
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TextIO

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
    """Append what a job prints to its log; leave there why it failed, and exit.

    Of an `InputError` and of a full or closed disk that is one line, of any other a traceback.
    """
    path = Path(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        # A worker appends to it as well; neither may write over the other.
        path.open("a", encoding="utf-8", buffering=1) as file,
        redirect_stderr(file),
        redirect_stdout(file),
    ):
        try:
            yield
        except Exception as error:
            _say(_why(error), file)
            sys.exit(1)


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


def _say(reason: str, file: TextIO) -> None:
    try:
        print(reason, file=file)
    except OSError:
        # On a full disk the log makes room for its last line.
        os.truncate(file.fileno(), 0)
        print(reason, file=file)
