"""One more replicate of a study: the rules that make its numbers, with other seeds.

A module of `rules/replicates.smk`. Its configuration is the study's, since scripts ask it for the
study's name, and which replicate it is.
Outputs: what the study has of images, embeddings, measures, diagnosis, classifiers and summary, under
replicates/{number}/; no figures, report or exports.
Guarantees: what does not depend on the seeds is taken from the study itself.
"""

from pathlib import Path

from synthgap.study.model import Study
from synthgap.study.replicate import replicate

HERE = Path(config["replicate"]["here"])
STUDY = Study.model_validate({key: config[key] for key in config if key != "replicate"})
MAIN = STUDY.results
STUDY = replicate(STUDY, config["replicate"]["number"])


include: "../rules/helpers.smk"
include: "../rules/resources.smk"
include: "../rules/models.smk"
include: "../rules/images.smk"
include: "../rules/embeddings.smk"
include: "../rules/captions.smk"
include: "../rules/adapted.smk"
include: "../rules/measures.smk"
include: "../rules/derived.smk"
include: "../rules/diagnosis.smk"
include: "../rules/classifiers.smk"
include: "../rules/summary.smk"
