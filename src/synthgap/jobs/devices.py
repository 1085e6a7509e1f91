"""Where a job computes."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    import torch

P = ParamSpec("P")
R = TypeVar("R")

JOBS_PER_DEVICE = "SYNTHGAP_JOBS_PER_DEVICE"
"""Environment variable with the number of jobs that may share a device."""


def best_device(threads: int) -> "torch.device":
    """The GPU if there is one, else the CPU with as many threads as the job was given.

    Sums differ in their last bits with the number of threads, so a fixed number makes results
    reproducible on one machine.
    """
    import torch

    torch.set_num_threads(threads)
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def device_facts(device: "torch.device") -> dict[str, str | int]:
    """What the memory of a GPU depends on: its name, its bytes, and how many jobs share it."""
    import torch

    properties = torch.cuda.get_device_properties(device)
    return {
        "device": properties.name,
        "memory": properties.total_memory,
        "jobs": int(os.environ.get(JOBS_PER_DEVICE, "1")),
    }


def on_threads(threads: int, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a function that computes on the CPU with as many threads as the job was given."""
    best_device(threads)
    return function(*args, **kwargs)
