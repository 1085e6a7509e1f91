"""Errors that are the user's to mend: shown as one line, never as a traceback."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path


class InputError(ValueError):
    """Bad input. The message says what is wrong, where, and what would be right."""


@contextmanager
def logging_to(log: str | Path) -> Iterator[None]:
    """Append what a job prints to its log; leave there why it failed, and exit.

    Of an `InputError` that is its one line, of any other a traceback.
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
        except InputError as error:
            print(f"synthgap: {error}", file=file)
            sys.exit(1)
        except Exception:
            traceback.print_exc(file=file)
            sys.exit(1)
