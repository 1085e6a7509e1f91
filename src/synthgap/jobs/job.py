"""What every script of the workflow does around its work: log, device, worker."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from synthgap.errors import logging_to
from synthgap.jobs import client, workers
from synthgap.jobs.device_claims import claimed
from synthgap.jobs.runs import end_with_snakemake


def job(snakemake: Any) -> Callable[[Callable[[], None]], None]:
    """Do the decorated work of a script, in a worker of this run if there are any.

    The work holds as many devices as the job's resource `gpu` says, and what it prints goes to the
    job's log. It imports what it needs itself: a job that a worker does loads nothing heavy.

    Args:
        snakemake: the object that Snakemake puts into a script.
    """

    def run(work: Callable[[], None]) -> None:
        log = Path(snakemake.log[0])
        if workers.serving():
            with logging_to(log):
                work()
            return
        end_with_snakemake()
        alone = os.environ.pop(client.ALONE, None) is not None
        if not alone:
            log.unlink(missing_ok=True)
        with logging_to(log), claimed(snakemake.resources.get("gpu", 0)) as devices:
            if devices is not None and not alone:
                print(f"on GPU {devices}")
            # Snakemake runs a copy of the script that holds the object.
            code = (
                None if alone else workers.hand_over(sys.argv[0], log, snakemake.threads, devices)
            )
            if code is None and client.light():
                client.become_python(sys.argv[0], alone=True)
            if code is None:
                if devices is not None:
                    os.environ["CUDA_VISIBLE_DEVICES"] = devices
                work()
            elif code != 0:
                sys.exit(code)

    return run
