"""What workers are asked to do in tests; they import it by name."""

import os
import sys
import time
from pathlib import Path

from synthgap.errors import InputError


def process() -> int:
    return os.getpid()


def process_after(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def add(a: int, *, b: int) -> int:
    return a + b


def refuse(message: str) -> None:
    raise InputError(message)


def fail() -> None:
    raise ZeroDivisionError("a task that fails")


def say(text: str) -> None:
    print(text)
    print(f"{text} (error)", file=sys.stderr)
    os.write(2, f"{text} (raw)\n".encode())


def die_unless(process: int) -> int:
    """End at once in any other process than the given."""
    if os.getpid() != process:
        os._exit(3)
    return os.getpid()


def unpicklable() -> object:
    return lambda: None


def note(path: str, seconds: float) -> None:
    Path(path).write_text(str(os.getpid()))
    time.sleep(seconds)
