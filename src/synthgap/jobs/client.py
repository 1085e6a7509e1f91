"""Hands a job's script to a worker from a process that imports next to nothing.

A job of a class may compute for a hundredth of a second, while a process that imports Snakemake,
as each job of it does, takes several of these before it can ask a worker. This one runs the same
script with the standard library alone: `python -I -S client.py PACKAGE SCRIPT`, PACKAGE being
Snakemake's folder. Where that does not do, it becomes an ordinary Python with the same script.
"""

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import NoReturn

ALONE = "SYNTHGAP_ALONE"
"""Environment variable that says that no worker does this job."""


def light() -> bool:
    """Say whether this process is such a client."""
    return bool(sys.flags.no_site and sys.flags.isolated)


def become_python(script: str, *, alone: bool) -> NoReturn:
    """Go on as an ordinary Python.

    Args:
        script: what to run.
        alone: it does its work itself, since no worker has.
    """
    if alone:
        os.environ[ALONE] = "1"
    os.execv(sys.executable, [sys.executable, script])


def main(package: str, script: str) -> None:
    """Run a script up to where a worker takes over, and end as that ends."""
    # Beside Snakemake lies what else may be asked for, as NVIDIA's library is.
    sys.path[:0] = [str(Path(__file__).parents[2])]
    sys.path.append(str(Path(package).parent))
    # Of Snakemake a script takes the object that says what it is to do, whose module needs the
    # standard library alone, unlike the package around it and the logger, which nobody asks for.
    for name in ("snakemake", "snakemake.logging"):
        module = sys.modules[name] = ModuleType(name)
        module.__path__ = [package]
        module.__dict__["logger"] = None
    sys.argv = [script]
    try:
        code = compile(Path(script).read_bytes(), script, "exec")
        exec(code, {"__name__": "__main__", "__file__": script, "__builtins__": __builtins__})
    except Exception:
        become_python(script, alone=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
