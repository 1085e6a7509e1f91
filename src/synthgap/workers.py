"""Processes that outlive a job, so that the jobs of one run import and load only once.

Importing torch and diffusers and loading a model costs 5 to 30 seconds; a job of one class may
compute for one. `call` hands a function to a worker of the run, waits for its result and lets the
worker be for the next job. Where there are no workers, or one dies, the job does the work itself.

Life of a worker: a job takes the first free slot (a file lock, which the kernel releases when the
job dies) and starts the slot's worker if none listens. The worker serves one request at a time and
ends with its run, when a job that waits for it dies, or after `IDLE_S` without work. Slots lie in a
folder of the run that only the user may enter.
"""

import contextlib
import fcntl
import os
import platform
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import ParamSpec, TypeVar, cast

from synthgap.errors import InputError

P = ParamSpec("P")
R = TypeVar("R")

RUN = "SYNTHGAP_RUN"
"""Environment variable with the process id of the Snakemake whose jobs share workers."""

IDLE_S = 60.0
"""Seconds without work after which a worker ends."""

LONGEST_FOLDER = 80
"""Characters; the name of a Unix socket may have 107 in all."""

START_S = 30.0
"""Seconds that a worker may take to listen; it imports nothing heavy before that."""


NOBODY_LISTENS = (FileNotFoundError, ConnectionError, EOFError, AuthenticationError)


class WorkerDiedError(RuntimeError):
    """The worker ended before it answered."""


def call(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a module's function in a worker of this run, or here if the run has none.

    What it prints goes to this process's standard error, as if it ran here.

    Raises:
        InputError: as raised by the function.
        RuntimeError: the function failed; the message holds the worker's traceback.
    """
    if RUN not in os.environ:
        return function(*args, **kwargs)
    try:
        with _slot(_folder(os.environ[RUN])) as slot:
            answer = _ask(slot, (function, args, kwargs, _log()))
    except (WorkerDiedError, OSError) as error:
        print(f"synthgap: the worker failed ({error}); going on without it", file=sys.stderr)
        return function(*args, **kwargs)
    result, bad_input, failure = answer
    if bad_input is not None:
        raise InputError(bad_input)
    if failure is not None:
        raise RuntimeError(f"in the worker:\n{failure}")
    return cast(R, result)


def _log() -> str:
    """The file behind standard error, for the worker to write to."""
    name = getattr(sys.stderr, "name", "")
    return (
        str(Path(name).resolve()) if isinstance(name, str) and Path(name).is_file() else os.devnull
    )


def _folder(run: str) -> Path:
    """The run's folder: made if it is missing, refused if somebody else could enter it."""
    # Process ids mean something on one host only, and the folder may be on a shared disk.
    user = Path(tempfile.gettempdir()) / f"synthgap-{os.getuid()}-{platform.node()}"
    if len(str(user)) > LONGEST_FOLDER:
        raise OSError(f"{user} is too long for the name of a socket; set TMPDIR to a shorter one")
    for folder in (user, user / run):
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
        if status.st_uid != os.getuid() or status.st_mode & 0o077:
            raise PermissionError(f"{folder} is not private")
    for other in user.iterdir():
        # What a run leaves whose workers ended before it.
        if other.name.isdecimal() and not _alive(int(other.name)):
            shutil.rmtree(other, ignore_errors=True)
    return user / run


@contextlib.contextmanager
def _slot(folder: Path) -> Iterator[Path]:
    """Hold the first slot that no other job holds; there are as many as jobs at once."""
    number = 0
    while True:
        slot = folder / str(number)
        slot.mkdir(exist_ok=True)
        with (slot / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                number += 1
                continue
            yield slot
            return


def _ask(slot: Path, request: object) -> tuple[object, str | None, str | None]:
    with _connected(slot) as connection:
        try:
            connection.send(request)
            answer: tuple[object, str | None, str | None] = connection.recv()
        except (EOFError, ConnectionError) as error:
            raise WorkerDiedError("it ended before it answered") from error
    return answer


def _connected(slot: Path) -> "Connection[object, tuple[object, str | None, str | None]]":
    """Connect to the slot's worker, and start one if none listens."""
    with contextlib.suppress(*NOBODY_LISTENS):
        return Client(str(slot / "socket"), "AF_UNIX", authkey=(slot / "key").read_bytes())
    (slot / "socket").unlink(missing_ok=True)
    descriptor = os.open(slot / "key", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as key:
        key.write(secrets.token_bytes(32))
    worker = subprocess.Popen(
        [sys.executable, "-m", "synthgap.workers", str(slot), os.environ[RUN]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + START_S
    while worker.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(*NOBODY_LISTENS):
            return Client(str(slot / "socket"), "AF_UNIX", authkey=(slot / "key").read_bytes())
        time.sleep(0.02)
    raise WorkerDiedError("it did not start")


class _Watch(threading.Thread):
    """Ends the process when nobody needs it any more."""

    def __init__(self, slot: Path, run: int) -> None:
        super().__init__(daemon=True)
        self.slot, self.run_id = slot, run
        self.client: Connection[object, object] | None = None
        self.looking = threading.Lock()
        self.idle_since = time.monotonic()

    def run(self) -> None:
        while True:
            time.sleep(0.5)
            if not _alive(self.run_id):
                # The last one out clears the folder; what others still hold there is harmless.
                shutil.rmtree(self.slot.parent, ignore_errors=True)
                os._exit(0)
            with self.looking:
                if self.client is None:
                    if time.monotonic() - self.idle_since > IDLE_S:
                        os._exit(0)
                # A client sends nothing while it waits: readable means that it has gone.
                elif self.client.poll():
                    os._exit(1)

    def serving(self, client: "Connection[object, object] | None") -> None:
        """Say who waits for this process; None is nobody."""
        with self.looking:
            self.client = client
            self.idle_since = time.monotonic()


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def serve(slot: Path, run: int) -> None:
    """Serve the requests of a slot until nobody needs this process."""
    watch = _Watch(slot, run)
    watch.start()
    with Listener(str(slot / "socket"), "AF_UNIX", authkey=(slot / "key").read_bytes()) as listener:
        while True:
            # Whoever has gone, or has no key, does not end the worker.
            with contextlib.suppress(*NOBODY_LISTENS), listener.accept() as connection:
                request = connection.recv()
                watch.serving(connection)
                answer = _answer(*request)
                watch.serving(None)
                connection.send(answer)


def _answer(
    function: Callable[..., object], args: tuple[object, ...], kwargs: dict[str, object], log: str
) -> tuple[object, str | None, str | None]:
    """Run a request with its output in the job's log; give result, bad input or traceback."""
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.close(output)
    try:
        return function(*args, **kwargs), None, None
    except InputError as error:
        return None, str(error), None
    except Exception:
        return None, None, traceback.format_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
