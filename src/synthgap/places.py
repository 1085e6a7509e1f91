"""Files and folders that a study names."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

WILD = frozenset("{}<>")
"""Characters that Snakemake takes for wildcards, wherever they stand in a path that it is told."""


def _place(path: str) -> str:
    if not path.strip() or "\0" in path:
        raise ValueError(f"{path!r} cannot be a file or folder; write a path such as data/photos")
    if path.startswith("~"):
        raise ValueError(f"{path!r}: write the home folder out; ~ is a shell's word for it")
    return path


def _told(path: str) -> str:
    bad = sorted({character for character in path if character in WILD or character < " "})
    if bad:
        raise ValueError(
            f"{path!r} has {', '.join(map(repr, bad))}, which Snakemake takes for something else; "
            "write a path without it, such as results/mine"
        )
    return Path(path).as_posix()


Place = Annotated[str, AfterValidator(_place)]
"""A file, a folder or a pattern of files that is only read, whatever it is called."""

Told = Annotated[Place, AfterValidator(_told)]
"""A folder in which Snakemake itself reads and writes."""
