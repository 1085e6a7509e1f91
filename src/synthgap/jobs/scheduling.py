"""What costs Snakemake more than it must around many light jobs."""

import os
import shlex
import sys
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

import snakemake
from snakemake import common, rules
from snakemake.scheduling.job_scheduler import JobScheduler
from snakemake.script import PythonScript

from synthgap.jobs import client
from synthgap.jobs.runs import RUN


def mend_looking_again() -> None:
    """Let Snakemake wait for one timer at a time.

    Under a limit of jobs in a timespan, which it always has (100 in a second), Snakemake 9.27
    starts a timer whenever it has looked at the jobs that could start, to look again a timespan
    later. So each look has another one follow it for ever, and each job that ends adds one: after
    1,000 jobs it looks 1,000 times a second and does nothing else. One timer does what all of them
    are for, and as a daemon it does not hold up the end of the run.
    """
    # The name is spelt so.
    JobScheduler._schedule_reevalutation = _look_again


def _look_again(scheduler: Any, delay: float) -> None:
    pending: set[float] = scheduler.__dict__.setdefault("synthgap_pending", set())
    if delay in pending:
        return

    def look() -> None:
        # In this order, or a look between the two would start no timer, and none would follow it.
        pending.discard(delay)
        scheduler._open_jobs.release()

    pending.add(delay)
    timer = threading.Timer(delay, look)
    timer.daemon = True
    timer.start()


def mend_looking_at_functions() -> None:
    """Let Snakemake find out once what a function of a rule takes, and not for each job.

    It asks some ten times a job, for inputs, params, threads and resources, and `inspect` takes up
    to a tenth of a millisecond to answer.
    """
    if not hasattr(common.get_function_params, "cache_info"):
        # As many as rules have; what is made for one job alone is forgotten.
        common.get_function_params = lru_cache(4096)(common.get_function_params)
        rules.get_function_params = common.get_function_params


def mend_starts_of_scripts() -> None:
    """Start a script by a client of the workers, where the run has workers.

    So do those in this process's environment; one in a conda environment or a container is started
    as ever.
    """
    execute = PythonScript._execute_cmd
    words = ["-I", "-S", client.__file__, str(Path(snakemake.__file__).parent)]
    options = " ".join(map(shlex.quote, words))

    def execute_by_client(script: Any, command: str, **values: Any) -> Any:
        if values.get("py_exec") == sys.executable and RUN in os.environ:
            values["py_exec"] = f"{sys.executable} {options}"
        return execute(script, command, **values)

    PythonScript._execute_cmd = execute_by_client
