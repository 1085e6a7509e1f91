"""Stamps: what is seen of files without reading them, so that a plan notices a changed one.

Snakemake cannot be told of the files themselves: it takes braces and angle brackets in their paths
for wildcards, and of a folder it sees only that a file came or went, not that one was overwritten.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

GONE = "gone"
"""Stands for the size and time of a file that is not there."""


def state(path: "str | Path | os.DirEntry[str]") -> str:
    """Size in bytes and time of the last change in nanoseconds of a file, as text."""
    try:
        status = path.stat() if isinstance(path, os.DirEntry) else os.stat(path)
    except (OSError, ValueError):
        # No name holds a null character.
        return GONE
    return f"{status.st_size} {status.st_mtime_ns}"


def of_files(files: Iterable[str | Path]) -> str:
    """The stamp of some files by their paths."""
    return stamp((str(file), state(file)) for file in files)


def stamp(seen: Iterable[tuple[str, str]]) -> str:
    """Hash names, and what was seen of each, to 32 hexadecimal digits; their order decides nothing.

    >>> stamp([("a", "1"), ("b", "2")]) == stamp([("b", "2"), ("a", "1")])
    True
    """
    lines = "\0".join(sorted(f"{name}\0{what}" for name, what in seen))
    return hashlib.sha256(lines.encode(errors="surrogateescape")).hexdigest()[:32]
