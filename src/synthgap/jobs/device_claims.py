"""Which GPU a job has to itself: Snakemake counts them, but gives none to anybody.

A job claims a device by a file lock, which the kernel releases when the job ends, however it ends.
The locks of a user on one machine are shared by all runs, but for those inside a SLURM job.
"""

import contextlib
import fcntl
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from synthgap.errors import InputError
from synthgap.files import private_folder
from synthgap.jobs.devices import JOBS_PER_DEVICE
from synthgap.jobs.runs import RUN, SLURM_JOB
from synthgap.jobs.workers import VISIBLE

PAUSE_S = 0.2
"""Between two looks for a free device."""


@contextlib.contextmanager
def claimed(count: int) -> Iterator[str | None]:
    """Hold devices, and wait until so many are free.

    Args:
        count: devices that the job computes on.

    Yields:
        What `CUDA_VISIBLE_DEVICES` has to be; None where the machine has no GPU, or none is wanted.

    Raises:
        InputError: there are fewer devices than that.
    """
    devices = visible_devices() if count else []
    if not devices:
        yield None
        return
    if count > len(devices):
        raise InputError(
            f"the job computes on {count} GPUs, but sees {len(devices)} ({', '.join(devices)}); "
            "lower gpus in the study, or let it see more"
        )
    folder = private_folder(_scope())
    shares = int(os.environ.get(JOBS_PER_DEVICE, "1"))
    with contextlib.ExitStack() as locks:
        said = False
        while (found := _free(folder, devices, count, shares, locks)) is None:
            if not said:
                print("waiting for a GPU that no other job holds", file=sys.stderr)
                said = True
            time.sleep(PAUSE_S)
        yield ",".join(found)


def _scope() -> str:
    """Name within what the names of devices mean something."""
    job = os.environ.get(SLURM_JOB)
    if job is None:
        return "devices"
    # SLURM gives a job devices of its own, and may number those of each job from 0.
    return os.environ.get(RUN, f"slurm-{job}")


def visible_devices() -> list[str]:
    """Name the GPUs that this process may use, as `CUDA_VISIBLE_DEVICES` does."""
    listed = os.environ.get(VISIBLE)
    if listed is None:
        return [str(number) for number in range(_installed())]
    names = [name.strip() for name in listed.split(",")]
    # CUDA reads no further than to the first name that is none, such as -1 or SLURM's NoDevFiles.
    end = next((i for i, name in enumerate(names) if not _is_device(name)), len(names))
    return list(dict.fromkeys(names[:end]))


def _is_device(name: str) -> bool:
    return name.isdecimal() or name.startswith(("GPU-", "MIG-"))


def _installed() -> int:
    import pynvml

    try:
        pynvml.nvmlInit()
        return int(pynvml.nvmlDeviceGetCount())
    except pynvml.NVMLError:
        return 0


def _free(
    folder: Path, devices: Sequence[str], count: int, shares: int, locks: contextlib.ExitStack
) -> list[str] | None:
    """Lock a share of as many devices, those with most free shares first; all or none."""
    with contextlib.ExitStack() as held, (folder / "choice").open("w") as choice:
        # One job at a time chooses, or two that want several might each take a part.
        fcntl.flock(choice, fcntl.LOCK_EX)
        found: list[str] = []
        for share in range(shares):
            for device in devices:
                if device not in found and _lock(folder / f"{device}.{share}", held):
                    found.append(device)
                if len(found) == count:
                    locks.push(held.pop_all())
                    return found
    return None


def _lock(path: Path, held: contextlib.ExitStack) -> bool:
    with contextlib.ExitStack() as opened:
        file = opened.enter_context(path.open("w"))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        held.push(opened.pop_all())
        return True
