"""The study that the other rules serve.

Gives them: STUDY, the checked study; RESULTS, its folder; `code`, the identity of a script;
`chart_files` and `chart`, what a chart's rule has.
Guarantees: a study file with a mistake ends here, in one line, before any job runs; one run at a time
works in RESULTS.
"""

import gc
import os
import re
import sys
from pathlib import Path

# An installed package has the workflow inside, and is importable already.
if (SOURCE := HERE / "src").is_dir():
    sys.path.insert(0, str(SOURCE))
    # Scripts run in processes of their own, perhaps in a conda environment without this package.
    os.environ["PYTHONPATH"] = os.pathsep.join(
        dict.fromkeys([str(SOURCE), *filter(None, [os.environ.get("PYTHONPATH")])])
    )

from snakemake.logging import logger
from synthgap import stamps
from synthgap.jobs import device_claims, devices, results_lock, runs
from synthgap.errors import InputError
from synthgap.figures import snakemake_report
from synthgap.jobs.identities import Remembered
from synthgap.provenance import model_files
from synthgap.study.model import NATURAL_TRAIN, NATURAL_VAL, Study
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

RESULTS = STUDY.results
if workflow.is_main_process:
    logger.addFilter(
        results_lock.on_log(
            RESULTS,
            lambda: workflow.execution_settings.lock and not workflow.output_settings.dryrun,
        )
    )
LOGS = f"{RESULTS}/logs"

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


IDENTITIES = Remembered(Path(".snakemake/synthgap/identities.json"), HERE / "workflow/scripts")


def code(script):
    """Identity of a script and of the modules behind it: its change makes a job stale."""
    return IDENTITIES.of_script(script)


CHART_FILES = ("png", "svg", "pdf", "csv")
"""A picture for the report, others for papers, and the data that they show."""

CHARTS = []
"""Charts of an encoder, as their rules give them."""


def chart_files(path, caption, category, labels):
    """A chart's outputs."""
    caption = f"../workflow/report/{caption}.rst"
    files = {kind: f"{path}.{kind}" for kind in CHART_FILES}
    shown = report(files["png"], caption=caption, category=category, labels=labels)
    return files | {"png": shown}


def chart_of_encoder(name, label):
    """The same, of the chart that stands for all sources; its files join those of the study."""
    CHARTS.append(name)
    labels = {"figure": label, "encoder": "{encoder}"}
    return chart_files(f"{RESULTS}/figures/{{encoder}}/{name}", name, "Variants", labels)


def chart(name, **settings):
    """Params of a chart's job. Which chart it is, the script does not know, so it counts here."""
    definition = IDENTITIES.of_definition(f"synthgap.figures.charts.{name}.draw")
    return {
        "chart": name,
        "settings": settings,
        "code": f"{code('draw_chart.py')} {definition}",
    }


def by(wildcard, values):
    """A job's value by one of its wildcards; a plain value where all are alike, since Snakemake takes
    a tenth of a millisecond to call a function, and a study of 1,000 classes has 20,000 jobs."""
    different = list(values.values())
    if all(value == different[0] for value in different):
        return different[0] if different else None
    return lambda wildcards: values[wildcards[wildcard]]


def per_million(share):
    """A share as a resource: Snakemake rounds numbers, and jobs of a group may differ in no text."""
    return round(share * 1e6)


def one_of(names):
    """Pattern for a wildcard that is one of the names."""
    return "|".join(map(re.escape, names)) or "(?!)"


wildcard_constraints:
    # Which classes there are, the rules say that make images. A pattern of a thousand names in each
    # file of each job takes an eighth of the time of planning.
    class_id="[^/]+",
    source=one_of(STUDY.sources),
    variant=one_of(STUDY.variants),
    encoder=one_of(STUDY.encoders),
    classifier=one_of(STUDY.classifiers),
    training_set=one_of(STUDY.training_sets),
    seed=r"\d+",
