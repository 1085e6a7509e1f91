"""Which Snakemake a job belongs to, and ends with; who starts workers for the jobs of a run.

A job starts a worker itself. Not so in a SLURM job of several steps, which is what Snakemake makes
of a group: with a step end all processes that it started. There the job's first Snakemake, whose
processes live as long as the job, starts workers for the steps.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from synthgap.files import private_folder
from synthgap.jobs.sockets import NOBODY_LISTENS, connected, listening, make_key

RUN = "SYNTHGAP_RUN"
"""Environment variable with the process id of the Snakemake whose jobs share workers."""

SLURM_JOB = "SLURM_JOB_ID"

LED = "SYNTHGAP_SLURM_JOB"
"""Environment variable with the SLURM job in which that Snakemake runs."""

SNAKEMAKE = "SYNTHGAP_SNAKEMAKE"
"""Environment variable with the process id of the Snakemake that starts the job."""

LOOK_S = 0.5
"""Between two looks whether a run still lives."""


def alive(process: int) -> bool:
    """Say whether a process lives; one that was killed may still be listed."""
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
        return status.rsplit(")", 1)[1].split()[0] not in ("Z", "X")
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def end_with_snakemake() -> None:
    """Let this job's process end soon after its Snakemake, or the shell that started it, is gone.

    Nobody waits for it then, and another run may already do its work.
    """
    if SNAKEMAKE in os.environ:
        snakemake, parent = int(os.environ[SNAKEMAKE]), os.getppid()
        _Watch(lambda: alive(snakemake) and os.getppid() == parent).start()


class _Watch(threading.Thread):
    """Ends this process when it is not wanted any more."""

    def __init__(self, wanted: Callable[[], bool]) -> None:
        super().__init__(daemon=True)
        self.wanted = wanted

    def run(self) -> None:
        while self.wanted():
            time.sleep(LOOK_S)
        print("synthgap: Snakemake has ended, and so does this job", file=sys.stderr, flush=True)
        os._exit(1)


def lead(visible_devices: Callable[[], Sequence[str]]) -> None:
    """Make this process the Snakemake whose jobs share workers, unless one leads this SLURM job.

    Args:
        visible_devices: names the GPUs that this process sees. Where there are several, each step
            of a SLURM job has its own, under a name that may mean another one elsewhere; then each
            step leads itself.
    """
    job = os.environ.get(SLURM_JOB)
    if job is not None and os.environ.get(LED) == job:
        return
    os.environ[RUN] = str(os.getpid())
    os.environ.pop(LED, None)
    if job is not None and len(visible_devices()) <= 1:
        with contextlib.suppress(OSError):
            _Starter(private_folder(str(os.getpid()))).start()
            os.environ[LED] = job


def start(folder: Path, command: Sequence[str], environment: dict[str, str]) -> Callable[[], bool]:
    """Start a process that outlives this one.

    Args:
        folder: of the run.
        command: what to start.
        environment: its environment.

    Returns:
        A function that says whether the process may still be there.

    Raises:
        OSError: it could not be started.
    """
    with connected(folder / "starter") or contextlib.nullcontext() as starter:
        if starter is not None:
            try:
                starter.send_bytes(json.dumps([command, environment]).encode())
                starter.recv_bytes()
            except EOFError as error:
                raise ConnectionError("it could not be started") from error
            return lambda: True
    process = _started(command, environment)
    return lambda: process.poll() is None


class _Starter(threading.Thread):
    """Starts processes for those that cannot leave one behind."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        place = folder / "starter"
        place.mkdir(exist_ok=True)
        make_key(place)
        self.listener = listening(place)
        self.started: list[subprocess.Popen[bytes]] = []

    def run(self) -> None:
        while True:
            # A client that goes away, or a process that does not start, does not end this one.
            with (
                contextlib.suppress(OSError, *NOBODY_LISTENS),
                self.listener.accept() as client,
            ):
                command, environment = json.loads(client.recv_bytes())
                self.started = [process for process in self.started if process.poll() is None]
                self.started.append(_started(command, environment))
                client.send_bytes(b"")


def _started(command: Sequence[str], environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
