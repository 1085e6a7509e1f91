"""Groups of classes: what the study says of all classes, said of each group.

Inputs: embeddings, measures, predictions and diagnosis, of studies that name groups. Other studies have no
rules of this.
Outputs: scores/{encoder}/{source}.parquet (a row an image: what it adds to the measures that need all
classes), which say nothing of groups; summary/groups.parquet (a row an encoder, group and source),
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

    rule score_images:
        input:
            images=lambda wildcards: embeddings_of(wildcards.encoder, wildcards.source),
            queries=lambda wildcards: embeddings_of(wildcards.encoder, NATURAL_VAL),
            natural=lambda wildcards: embeddings_of(wildcards.encoder, NATURAL_TRAIN),
            prompts=lambda wildcards: (
                prompts_of(wildcards.encoder, wildcards.source)
                if wildcards.source in STUDY.variants
                and has_prompts(wildcards.encoder, wildcards.source)
                else []
            ),
        output:
            f"{RESULTS}/scores/{{encoder}}/{{source}}.parquet",
        log:
            f"{LOGS}/scores/{{encoder}}/{{source}}.log",
        conda:
            "../envs/tables.yaml"
        resources:
            **sized(lambda wildcards: measuring(3)),
        params:
            class_ids=STUDY.class_ids,
            # Of images made elsewhere nobody knows which prompt made which.
            own_prompts=lambda wildcards: STUDY.knows_prompts(wildcards.source),
            n=STUDY.measures.n,
            code=code("score_images.py"),
        script:
            "../workflow/scripts/score_images.py"

    rule summarise_groups:
        input:
            measures=[
                measures_of(encoder, source)
                for encoder in STUDY.encoders
                for source in STUDY.sources
            ],
            scores=expand(
                f"{RESULTS}/scores/{{encoder}}/{{source}}.parquet",
                encoder=STUDY.encoders,
                source=STUDY.sources,
            ),
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
