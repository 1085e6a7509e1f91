"""Snakemake, but its SLURM executor looks for finished jobs each second.

It has no option for that: it waits 10 s longer after each look at which nothing had ended.
"""

import sys

from snakemake.cli import main
from snakemake_executor_plugin_slurm import Executor

Executor.next_seconds_between_status_checks = property(lambda _: 1, lambda _, seconds: None)

if __name__ == "__main__":
    sys.exit(main())
