"""The batch sizes that were found on this user's devices: a process begins where another ended.

A found size decides speed alone. It lies in the user's cache (`$XDG_CACHE_HOME`, or `~/.cache`),
which outlives a job of a cluster, and is lost without harm.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synthgap.files import replacing
from synthgap.provenance import digest


class FoundSize:
    """A batch size in a file, for one kind of work on one kind of device."""

    def __init__(self, work: Mapping[str, Any]) -> None:
        """Name the work by all that its memory depends on, as JSON values."""
        self._work = dict(work)
        self.path = _cache() / f"{digest(self._work)}.json"
        """The file."""

    def read(self) -> int | None:
        """The size that was found last; None if none was."""
        try:
            size = json.loads(self.path.read_text(encoding="utf-8"))["batch_size"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return size if isinstance(size, int) and size > 0 else None

    def write(self, size: int) -> None:
        """Leave a size for other processes, where there is a place to write."""
        with contextlib.suppress(OSError), replacing(self.path) as beside:
            said = {**self._work, "batch_size": size}
            beside.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")


def _cache() -> Path:
    try:
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:
        # As of a container's user; what was found lasts as long as the machine's temporary files.
        cache = tempfile.gettempdir()
    return Path(cache, "synthgap", "batch-sizes")
