"""Identities on disk: to compute those of all scripts takes half of a Snakemake's start.

Each job on a cluster starts a Snakemake.
"""

import contextlib
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from synthgap import identity
from synthgap.files import replacing


class Remembered:
    """The identities of code, computed again once any source has changed in content."""

    def __init__(self, file: Path, scripts: Path) -> None:
        """Take what a file remembers, if it is of these sources.

        Args:
            file: JSON, which is written beside its place and renamed into it. One that cannot be
                read or written only costs the time.
            scripts: folder of the scripts, by whose names they are asked for.
        """
        self.file, self.scripts = file, scripts
        self._sources = _hash_of_sources(identity.PACKAGE_ROOT, scripts)
        self._known = _read(file).get(self._sources, {})

    def of_script(self, name: str) -> str:
        """The `code_identity` of a script."""
        return self._of(name, self.scripts / name)

    def of_definition(self, name: str) -> str:
        """The `code_identity` of a definition, by its dotted name."""
        return self._of(name, name)

    def _of(self, name: str, source: str | Path) -> str:
        if name not in self._known:
            self._known[name] = identity.code_identity(source)
            with contextlib.suppress(OSError), replacing(self.file) as new:
                new.write_text(json.dumps({self._sources: self._known}, indent=0))
        return self._known[name]


def _hash_of_sources(*folders: Path) -> str:
    # Another Python writes some code in other words.
    digest = hashlib.sha256(repr(sys.version_info).encode())
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(folder)}\n{len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()


def _read(file: Path) -> dict[str, dict[str, str]]:
    with contextlib.suppress(OSError, ValueError):
        found: Any = json.loads(file.read_text())
        if isinstance(found, dict):
            return found
    return {}
