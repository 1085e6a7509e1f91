"""Starts processes as forks of one that has imported what most of them do.

Importing Snakemake, torch and diffusers takes longer than what most jobs of the tests compute. The
server gets the path of a socket, and lives as long as its standard input is open. A connection says
what a process is to be (`sitecustomize` writes it), and is answered with its exit code.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import random
import runpy
import select
import signal
import socket
import sys
import threading
import traceback
from typing import NoReturn

IMPORTED = (
    "diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion",
    "matplotlib.figure",
    "pandas",
    "pyarrow.parquet",
    "pydantic",
    "scipy.stats",
    "sklearn.linear_model",
    "snakemake.cli",
    "snakemake_executor_plugin_slurm",
    "timm",
    "torchvision.transforms.v2",
    "transformers.models.clip.modeling_clip",
)
"""Nothing of synthgap, of which each project has its own copy."""

NOTES = "CALLS"
"""The variable that tells jobs without workers to note what they call; see tests/workflow/calls."""


def wanted(path: str) -> socket.socket:
    """Return, in a process of its own, the connection of each that wants one started."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{path}.new")
        listener.listen(64)
        # Whoever sees it may connect.
        os.rename(f"{path}.new", path)
        while True:
            if sys.stdin in select.select([listener, sys.stdin], [], [])[0]:
                os._exit(0)
            client, _ = listener.accept()
            if os.fork() == 0:
                break
            client.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    return client


def keep(process: int, client: socket.socket) -> NoReturn:
    """Answer when the process ends; end it when nobody waits for it any more."""
    ends = os.pidfd_open(process)
    if client in select.select([client, ends], [], [])[0]:
        os.killpg(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    with contextlib.suppress(OSError):
        client.sendall(str(os.waitstatus_to_exitcode(status) % 256).encode())
    os._exit(0)


def become(arguments: list[str], folder: str, environment: dict[str, str]) -> NoReturn:
    """Be a Python that was started with these arguments."""
    code = 0
    try:
        run(arguments, folder, environment)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    # Without clearing away what was imported, which takes as long as a small job.
    os._exit(code)


def run(arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    random.seed()
    paths = environment["PYTHONPATH"].split(os.pathsep)
    if arguments[0] == "-m":
        sys.path[:0] = [folder, *paths]
        sys.argv = arguments[1:]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[:0] = [os.path.dirname(arguments[0]), *paths]
        sys.argv = arguments
        if NOTES in environment:
            importlib.import_module("noting")
        runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    # This folder, whose other module is no longer asked for.
    del sys.path[0]
    for each in IMPORTED:
        importlib.import_module(each)
    assert "synthgap" not in sys.modules
    # Collections of garbage need not look at it.
    gc.freeze()
    client = wanted(sys.argv[1])
    _, descriptors, _, _ = socket.recv_fds(client, 1, 3)
    with client.makefile() as file:
        start = json.loads(file.readline())
    if process := os.fork():
        keep(process, client)
    client.close()
    os.setsid()
    for own, given in enumerate(descriptors):
        os.dup2(given, own)
        os.close(given)
    # Of the old ones it is known what their files can do.
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, errors="backslashreplace", closefd=False)
    become(*start)
