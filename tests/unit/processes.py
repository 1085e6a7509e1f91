"""Other processes: whether they run, and waiting for what they do."""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def running(process: int) -> bool:
    """Whether a process lives; one that has ended but is still listed does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def workers_below(folder: Path) -> list[int]:
    """Processes that name a folder in their command, as the workers of its runs do."""
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{process}/cmdline").read_bytes()
            if f"{folder}/".encode() in command and running(int(process)):
                found.append(int(process))
    return found
