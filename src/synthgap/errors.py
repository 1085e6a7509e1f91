"""Errors that are the user's to mend: shown as one line, never as a traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path


class InputError(ValueError):
    """Bad input. The message says what is wrong, where, and what would be right."""


@contextmanager
def logging_to(log: str | Path) -> Iterator[None]:
    """Send what a job prints to its log; leave the one line of an `InputError` there and exit."""
    path = Path(log)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with (
        # A worker appends to it as well; neither may write over the other.
        path.open("a", encoding="utf-8", buffering=1) as file,
        redirect_stderr(file),
        redirect_stdout(file),
    ):
        try:
            yield
        except InputError as error:
            print(f"synthgap: {error}", file=file)
            sys.exit(1)
