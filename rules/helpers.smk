"""What the rules are written with, those of a study and those of each of its replicates.

Takes: STUDY, the study or the replicate; MAIN, the study's folder.
Gives: RESULTS, the folder of what is made here; `home`, where something lies that may be shared;
`code`, the identity of a script; `in_turn`, priorities; `chart_files` and `chart`, what a chart's rule has.
Guarantees: a replicate makes nothing anew that does not depend on its seeds.
"""

import os
import re
from pathlib import Path

from synthgap import stamps
from synthgap.jobs.identities import Remembered
from synthgap.provenance import model_files
from synthgap.study.names import NATURAL_TRAIN, NATURAL_VAL

RESULTS = STUDY.results
LOGS = f"{RESULTS}/logs"


def home(*sources, encoder=None):
    """The folder of what is made of these sources, by this encoder: the study's own where neither
    depends on the seeds of a replicate."""
    return RESULTS if STUDY.depends_on_seeds(*sources, encoder=encoder) else MAIN


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


REPLICATE = config.get("replicate", {}).get("number", 1)
"""Which replicate of the study these rules make; 1 is the study itself."""


def in_turn(stage, wildcard, models):
    """Priorities of a stage's jobs, by one of their wildcards: those of one model come together.

    A process holds one model at a time, and Snakemake takes jobs of one priority in any order, so
    that nearly each would load its model again. Models are used in the order of the study's file,
    those of a replicate after those of the one before.
    """
    order = list(dict.fromkeys(models.values()))
    before = (REPLICATE - 1) * len(order)
    turns = {value: before + order.index(model) for value, model in models.items()}
    # Far less than the 1 between stages.
    return by(wildcard, {value: stage - turn / 10_000 for value, turn in turns.items()})


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
