"""The study that the other rules serve.

Gives them: STUDY, the checked study.
Guarantees: a study file with a mistake ends here, in one line, before any job runs; one run at a time
works in its results.
"""

import gc
import os
import sys

# An installed package has the workflow inside, and is importable already.
if (SOURCE := HERE / "src").is_dir():
    sys.path.insert(0, str(SOURCE))
    # Scripts run in processes of their own, perhaps in a conda environment without this package.
    os.environ["PYTHONPATH"] = os.pathsep.join(
        dict.fromkeys([str(SOURCE), *filter(None, [os.environ.get("PYTHONPATH")])])
    )

from snakemake.logging import logger
from synthgap.jobs import device_claims, devices, results_lock, runs, scheduling
from synthgap.errors import InputError
from synthgap.figures import snakemake_report
from synthgap.study.model import Study
from synthgap.study.notices import notices
from synthgap.study.parsing import parse_study, refuse_repeated_keys

STUDY_FILE = ", ".join(map(os.path.relpath, workflow.configfiles))
if workflow.is_main_process:
    try:
        # Snakemake, which has read the files, takes the last of them without a word.
        for file in workflow.configfiles:
            refuse_repeated_keys(os.path.relpath(file))
        STUDY = parse_study(config, STUDY_FILE)
    except InputError as error:
        sys.exit(f"synthgap: {error}")
    for notice in notices(STUDY):
        print(f"synthgap: note: {notice}", file=sys.stderr)
else:
    # A cluster's jobs need not look again through all folders of a network disk.
    STUDY = Study.model_validate(config)

snakemake_report.mend_scripts()
scheduling.mend_looking_again()
scheduling.mend_looking_at_functions()
scheduling.mend_starts_of_scripts()

if workflow.is_main_process:
    logger.addFilter(
        results_lock.on_log(
            STUDY.results,
            lambda: workflow.execution_settings.lock and not workflow.output_settings.dryrun,
        )
    )

# Jobs of one Snakemake share workers; a cluster's job runs a Snakemake of its own. With or without
# workers a job ends when the Snakemake that started it has gone.
if not workflow.subprocess_exec:
    os.environ[runs.SNAKEMAKE] = str(os.getpid())
if not STUDY.workers:
    os.environ.pop(runs.RUN, None)
elif not workflow.subprocess_exec:
    runs.lead(device_claims.visible_devices)
os.environ[devices.JOBS_PER_DEVICE] = str(STUDY.jobs_per_device)
# How often tqdm writes into a job's log; the terminal shows a line of it now and then.
os.environ.setdefault("TQDM_MININTERVAL", "5")

# Planning makes millions of objects that stay. To look through them for cycles as often as Python
# does by default takes a tenth of its time.
gc.set_threshold(200_000, 50, 100)
