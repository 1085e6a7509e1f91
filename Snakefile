"""The study as a workflow: which files answer it, and the names of its stages.

`snakemake` brings everything up to date; `snakemake images` and so on one stage and what it needs;
`snakemake variant_disamb` one prompt variant with all that hangs on it alone.
"""

import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.27")

HERE = Path(workflow.basedir)

if set("{}<>").intersection(str(HERE)):
    sys.exit(
        f"synthgap: {HERE}: Snakemake takes braces and angle brackets in paths for wildcards; move the "
        "project to a folder without them"
    )

# A study file is complete: one that is named on the command line replaces the default.
if not workflow.overwrite_configfiles:

    configfile: HERE / "config/miniature.yaml"


include: "rules/study.smk"
include: "rules/resources.smk"
include: "rules/models.smk"
include: "rules/images.smk"
include: "rules/quarantine.smk"
include: "rules/embeddings.smk"
include: "rules/measures.smk"
include: "rules/diagnosis.smk"
include: "rules/embedding_classifiers.smk"
include: "rules/classifiers.smk"
include: "rules/summary.smk"
include: "rules/figures.smk"
include: "rules/report.smk"
include: "rules/exports.smk"


rule all:
    default_target: True
    input:
        SUMMARY_FILES,
        QUOTED_TABLES,
        DIAGNOSIS_TABLES,
        EMBEDDING_CLASSIFIER_FILES,
        FIGURE_FILES,
        QUARANTINE_TABLES,
        REPORT,
        POSITIONS,


rule images:
    input:
        [images_of(source) for source in STUDY.sources],


rule embeddings:
    input:
        [embeddings_of(encoder, source) for encoder in STUDY.encoders for source in STUDY.sources],
        [
            prompts_of(encoder, variant)
            for encoder in STUDY.encoders
            for variant in STUDY.variants
            if has_prompts(encoder, variant)
        ],


rule measures:
    input:
        [measures_of(encoder, source) for encoder in STUDY.encoders for source in STUDY.sources],
        [cross_accuracy_of(encoder) for encoder in STUDY.encoders],
        POSITIONS,
        [
            embedding_classifiers_of(encoder, source)
            for encoder in STUDY.encoders
            for source in CLASSIFIED_SOURCES
        ],


rule classifiers:
    input:
        [
            predictions_of(classifier, name)
            for classifier in STUDY.classifiers
            for name in STUDY.training_sets
        ],


rule summary:
    input:
        SUMMARY_FILES,
        QUOTED_TABLES,
        PROJECTIONS,
        DIAGNOSIS_TABLES,
        EMBEDDING_CLASSIFIER_FILES,
        FLAG_TABLES,
        QUARANTINE_TABLES,


rule export:
    input:
        [dataset_folder_of(variant) for variant in STUDY.variants],


rule export_points:
    input:
        [points_of(encoder, source) for encoder in STUDY.encoders for source in STUDY.sources],


for _variant in STUDY.variants:

    rule:
        name:
            f"export_{_variant}"
        input:
            dataset_folder_of(_variant),


# One target a variant: its images, measures, diagnosis and the classifiers trained on it.
for _variant in STUDY.variants:

    rule:
        name:
            f"variant_{_variant}"
        input:
            images_of(_variant),
            [measures_of(encoder, _variant) for encoder in STUDY.encoders],
            [positions_of(encoder, _variant) for encoder in STUDY.encoders],
            [diagnosis_of(encoder, _variant) for encoder in STUDY.encoders],
            [embedding_classifiers_of(encoder, _variant) for encoder in STUDY.encoders],
            [
                predictions_of(classifier, name)
                for classifier in STUDY.classifiers
                for name in STUDY.training_sets
                if _variant in STUDY.sources_of(name)
                and {_variant, NATURAL_TRAIN}.issuperset(STUDY.sources_of(name))
            ],
