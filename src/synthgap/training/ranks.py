"""Several GPUs of one machine: a process each, started by torchrun.

`on_several_gpus` saves a call and starts torchrun on this module; each rank loads the call and
makes it. What the call writes it writes in rank 0.
"""

import os
import pickle
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from synthgap.errors import InputError
from synthgap.jobs import runs
from synthgap.jobs.devices import best_device
from synthgap.models import release

if TYPE_CHECKING:
    import torch


class Ranks(NamedTuple):
    """Which of several processes this is."""

    rank: int
    ranks: int
    device: "torch.device"

    @property
    def first(self) -> bool:
        """Whether this is the rank that writes and reports."""
        return self.rank == 0


@contextmanager
def joined(threads: int) -> Iterator[Ranks]:
    """Join the ranks that torchrun started, or be the only one."""
    import torch

    # A worker may still hold the model of another stage.
    release()
    device = best_device(threads)
    ranks = int(os.environ.get("WORLD_SIZE", "1"))
    if ranks == 1:
        yield Ranks(0, 1, device)
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Ranks(torch.distributed.get_rank(), ranks, device)
    finally:
        torch.distributed.destroy_process_group()


def on_several_gpus(gpus: int, function: Callable[..., None], /, **arguments: object) -> None:
    """Call a module's function in a process a GPU; without any GPU, on the CPU.

    Raises:
        InputError: there are fewer GPUs, or a rank raised it.
        RuntimeError: a rank failed; what it printed is on standard error.
    """
    import torch

    visible = torch.cuda.device_count()
    if 0 < visible < gpus:
        raise InputError(f"gpus: {gpus} are wanted, but this job sees {visible}")
    # The ranks need the memory that this process may still hold.
    release()
    with tempfile.TemporaryDirectory(prefix="synthgap-ranks-") as folder:
        Path(folder, "call").write_bytes(pickle.dumps((os.getpid(), function, arguments)))
        torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        process = subprocess.Popen(
            [*torchrun, f"--nproc-per-node={gpus}", "-m", __name__, folder],
            stdin=subprocess.DEVNULL,
            stdout=_standard_error(),
            stderr=_standard_error(),
            # Ranks of one machine meet on it, whatever its name resolves to.
            env={"GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1", **os.environ},
        )
        try:
            code = process.wait()
        finally:
            process.terminate()
            process.wait()
        problem = Path(folder, "problem")
        if problem.exists():
            raise InputError(problem.read_text(encoding="utf-8"))
        if code != 0:
            raise RuntimeError(f"torchrun ended with status {code}; the reason is above")


def _standard_error() -> int | None:
    """Where this job prints to; None is what the process was started with."""
    try:
        return sys.stderr.fileno()
    except (AttributeError, OSError):
        return None


def _end_with(process: int) -> None:
    """End this process when another has gone, which is what waits for it."""
    while True:
        time.sleep(1)
        if not runs.alive(process):
            os._exit(1)


def _be_a_rank(folder: Path) -> None:
    caller, function, arguments = pickle.loads((folder / "call").read_bytes())
    threading.Thread(target=_end_with, args=(caller,), daemon=True).start()
    try:
        function(**arguments)
    except InputError as error:
        (folder / "problem").write_text(str(error), encoding="utf-8")
        sys.exit(1)


if __name__ == "__main__":
    _be_a_rank(Path(sys.argv[1]))
