"""The study's answer in tables.

Inputs: measures and predictions.
Outputs: summary/variants.parquet (a row a source and encoder), summary/classes.parquet (a row a
class, source and encoder), summary/differences.parquet (a row an encoder, measure and pair of
sources), summary/classifiers.parquet (a row a classifier and training set, in studies that train any),
and the same as CSV.
Guarantees: every number has its 95 % interval beside it; each column's metadata says what it is.
"""

SUMMARY_FILES = expand(
    f"{RESULTS}/summary/{{table}}.{{suffix}}",
    table=["variants", "classes", "differences", *(["classifiers"] if STUDY.classifiers else [])],
    suffix=["parquet", "csv"],
)


rule summarise:
    input:
        measures=[
            measures_of(encoder, source) for encoder in STUDY.encoders for source in STUDY.sources
        ],
        predictions=[
            predictions_of(classifier, name)
            for classifier in STUDY.classifiers
            for name in STUDY.training_sets
        ],
    output:
        SUMMARY_FILES,
    log:
        f"{LOGS}/summary.log",
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: needs.joining(CLASSES * len(STUDY.sources) * len(STUDY.encoders))),
    params:
        names={category.class_id: category.name for category in STUDY.classes},
        encoders=list(STUDY.encoders),
        sources=STUDY.sources,
        training_sets={name: STUDY.sources_of(name) for name in STUDY.training_sets},
        seeds={name: spec.seeds for name, spec in STUDY.classifiers.items()},
        classifier=STUDY.headline_classifier,
        draws=STUDY.measures.draws,
        code=code("summarise.py"),
    script:
        "../workflow/scripts/summarise.py"
