"""Groups of classes: what the study says of all classes, said of each group.

Inputs: scores of images, measures, predictions and diagnosis, of studies that name groups. Other studies
have no rule of this.
Outputs: summary/groups.parquet (a row an encoder, group and source),
summary/group_differences.parquet (of these, pairs), summary/group_causes.parquet (a row a group, encoder,
variant and cause), and the same as CSV.
Guarantees: a group of all classes has the numbers of summary/variants; other groups measure nothing anew.
"""

GROUP_TABLES = (
    expand(
        f"{RESULTS}/summary/{{table}}.{{suffix}}",
        table=["groups", "group_differences", "group_causes"],
        suffix=["parquet", "csv"],
    )
    if STUDY.groups
    else []
)


if GROUP_TABLES:

    rule summarise_groups:
        input:
            measures=[
                measures_of(encoder, source)
                for encoder in STUDY.encoders
                for source in STUDY.sources
            ],
            scores=[
                scores_of(encoder, source)
                for encoder in STUDY.encoders
                for source in STUDY.sources
            ],
            predictions=[
                predictions_of(classifier, name)
                for classifier in STUDY.classifiers
                for name in STUDY.training_sets
            ],
            diagnosis=f"{RESULTS}/summary/diagnosis.parquet",
        output:
            GROUP_TABLES,
        log:
            f"{LOGS}/groups.log",
        conda:
            "../envs/tables.yaml"
        resources:
            **sized(
                # Of 1,000 classes and 40 groups a source takes minutes.
                lambda wildcards: needs.joining(
                    4 * CLASSES * len(STUDY.sources) * len(STUDY.encoders)
                )
            ),
        params:
            classes=len(STUDY.class_ids),
            groups=STUDY.members,
            encoders=list(STUDY.encoders),
            sources=STUDY.sources,
            training_sets={name: STUDY.sources_of(name) for name in STUDY.training_sets},
            seeds={name: spec.seeds for name, spec in STUDY.classifiers.items()},
            classifier=STUDY.headline_classifier,
            draws=STUDY.measures.draws,
            code=code("summarise_groups.py"),
        script:
            "../workflow/scripts/summarise_groups.py"
