"""Processes that outlive a job, so that the jobs of one run import and load only once.

Importing torch and diffusers and loading a model costs 5 to 30 seconds; a job of one class may
compute for one. `hand_over` lets a worker of the run execute the job's script, waits for it, and
leaves the worker to the next job. Where there are no workers, or one dies while the run lives, the
job does the work itself.

Life of a worker: a job takes the first free slot of its place (a file lock, which the kernel
releases when the job dies) and starts the slot's worker if none listens. A place is a device, a
number of threads and an interpreter. The worker executes one script at a time and ends with its
run, when a job that waits for it dies, when a job of another place wants its device, or after
`IDLE_S` without work. Slots lie in a folder of the run that only the user may enter.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import runpy
import shutil
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

from synthgap.errors import output_to
from synthgap.files import private_folder
from synthgap.jobs.runs import LOOK_S, RUN, alive, start
from synthgap.jobs.sockets import NOBODY_LISTENS, connected, listening, make_key

WORKER = "SYNTHGAP_WORKER"
"""Environment variable that says that this process is a worker."""

VISIBLE = "CUDA_VISIBLE_DEVICES"

IDLE_S = 60.0
"""Seconds without work after which a worker ends."""

LONGEST_FOLDER = 80
"""Characters; the name of a Unix socket may have 107 in all."""

START_S = 30.0
"""Seconds that a worker may take to listen; it imports nothing heavy before that."""

END = b"end"
"""The request to a worker to end, which frees its device."""


class WorkerDiedError(RuntimeError):
    """The worker ended before it answered."""


def serving() -> bool:
    """Say whether this process is a worker."""
    return WORKER in os.environ


def hand_over(script: str | Path, log: str | Path, threads: int, devices: str | None) -> int | None:
    """Let a worker of this run execute a script.

    Args:
        script: a Python file, executed as if it were started.
        log: where its output goes, beside what it redirects itself.
        threads: what the job was given; libraries read it when they are imported.
        devices: `CUDA_VISIBLE_DEVICES` of the worker; None leaves it as it is.

    Returns:
        The script's exit code; None if there is no worker, or if it died, which standard error
        says: the work is still to be done.

    Raises:
        SystemExit: the worker ended because the run has, so that nobody wants the work any more.
    """
    if RUN not in os.environ:
        return None
    try:
        folder = _folder(os.environ[RUN])
        if devices is not None:
            _free(folder, devices, _place(threads, devices))
        with _slot(folder, _place(threads, devices)) as slot:
            return _ask(slot, devices, Path(script).resolve(), Path(log).resolve())
    except (WorkerDiedError, OSError) as error:
        if not alive(int(os.environ[RUN])):
            print("synthgap: Snakemake has ended, and so does this job", file=sys.stderr)
            sys.exit(1)
        print(f"synthgap: the worker failed ({error}); going on without it", file=sys.stderr)
        return None


def _folder(run: str) -> Path:
    """The run's folder: made if it is missing, refused if somebody else could enter it."""
    folder = private_folder(run)
    if len(str(folder)) > LONGEST_FOLDER:
        raise OSError(f"{folder} is too long for the name of a socket; set TMPDIR to a shorter one")
    for other in folder.parent.iterdir():
        # What a run leaves whose workers ended before it.
        if other.name.isdecimal() and not alive(int(other.name)):
            shutil.rmtree(other, ignore_errors=True)
    return folder


def _place(threads: int, devices: str | None) -> str:
    """Name where a job may run: what a worker cannot change once it has started."""
    return hashlib.sha256(repr((sys.executable, threads, devices)).encode()).hexdigest()[:8]


@contextlib.contextmanager
def _locked(slot: Path) -> Iterator[bool]:
    """Hold a slot, or say that another job does."""
    with (slot / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextlib.contextmanager
def _slot(folder: Path, place: str) -> Iterator[Path]:
    """Hold the first slot of a place that no other job holds; there are as many as jobs at once."""
    number = 0
    while True:
        slot = folder / f"{place}-{number}"
        slot.mkdir(exist_ok=True)
        with _locked(slot) as mine:
            if mine:
                yield slot
                return
        number += 1


def _free(folder: Path, devices: str, place: str) -> None:
    """End the idle workers of other places that hold one of the devices."""
    wanted = set(devices.split(","))
    for slot in folder.glob("*-*"):
        with contextlib.suppress(FileNotFoundError):
            held = set((slot / "devices").read_text().split(","))
            if slot.name.startswith(f"{place}-") or not wanted & held:
                continue
            with _locked(slot) as idle:
                if idle and (worker := connected(slot)) is not None:
                    with worker, contextlib.suppress(EOFError, ConnectionError):
                        worker.send_bytes(END)
                        # The kernel hangs up when the process is gone.
                        worker.recv_bytes()


def _ask(slot: Path, devices: str | None, script: Path, log: Path) -> int:
    request = json.dumps([str(script), str(log)]).encode()
    with connected(slot) or _started(slot, devices) as worker:
        try:
            worker.send_bytes(request)
            return int(worker.recv_bytes())
        except (EOFError, ConnectionError) as error:
            raise WorkerDiedError("it ended before it answered") from error


def _started(slot: Path, devices: str | None) -> "Connection[bytes, bytes]":
    """Start the slot's worker, and connect to it.

    Raises:
        WorkerDiedError: it does not listen.
    """
    (slot / "devices").write_text(devices or "")
    make_key(slot)
    environment = {**os.environ, WORKER: "1"}
    run = environment.pop(RUN)
    if devices is not None:
        environment[VISIBLE] = devices
    command = [sys.executable, "-m", "synthgap.jobs.workers", str(slot), run]
    may_be_there = start(slot.parent, command, environment)
    deadline = time.monotonic() + START_S
    while may_be_there() and time.monotonic() < deadline:
        if (worker := connected(slot)) is not None:
            return worker
        time.sleep(0.02)
    raise WorkerDiedError("it did not start")


class _Watch(threading.Thread):
    """Ends the process when nobody needs it any more."""

    def __init__(self, slot: Path, run: int) -> None:
        super().__init__(daemon=True)
        self.slot, self.run_id = slot, run
        self.client: Connection[bytes, bytes] | None = None
        self.looking = threading.Lock()
        self.idle_since = time.monotonic()

    def run(self) -> None:
        while True:
            time.sleep(LOOK_S)
            if not alive(self.run_id):
                # The last one out clears the folder; what others still hold there is harmless.
                shutil.rmtree(self.slot.parent, ignore_errors=True)
                _end_with_children()
            with self.looking:
                if self.client is None:
                    if time.monotonic() - self.idle_since > IDLE_S:
                        os._exit(0)
                # A client sends nothing while it waits: readable means that it has gone.
                elif self.client.poll():
                    _end_with_children()

    def serving(self, client: "Connection[bytes, bytes] | None") -> None:
        """Say who waits for this process; None is nobody."""
        with self.looking:
            self.client = client
            self.idle_since = time.monotonic()


def _end_with_children() -> NoReturn:
    """End this process in the middle of its work, and all that the work has started."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def serve(slot: Path, run: int) -> None:
    """Execute the scripts of a slot's jobs until nobody needs this process."""
    watch = _Watch(slot, run)
    watch.start()
    with listening(slot) as listener:
        while True:
            # Whoever has gone, or has no key, does not end the worker.
            with contextlib.suppress(*NOBODY_LISTENS), listener.accept() as client:
                request = client.recv_bytes()
                if request == END:
                    os._exit(0)
                watch.serving(client)
                code = _execute(*json.loads(request))
                watch.serving(None)
                client.send_bytes(str(code).encode())


def _execute(script: str, log: str) -> int:
    """Execute a script with its output in the job's log; give its exit code."""
    found, sys.argv = sys.path[:], [script]
    _forget_warnings()
    with output_to(log):
        try:
            runpy.run_path(script, run_name="__main__")
            return 0
        except SystemExit as end:
            return int(end.code) if isinstance(end.code, int) else int(end.code is not None)
        except BaseException:
            traceback.print_exc()
            return 1
        finally:
            sys.path[:] = found


def _forget_warnings() -> None:
    """Let warnings appear that an earlier job had: Python shows many once a process."""
    # Filters stay, which libraries set when they are imported; that they might have changed makes
    # Python forget what it has shown.
    with warnings.catch_warnings():
        pass
    getattr(warnings, "onceregistry", {}).clear()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
