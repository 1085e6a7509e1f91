"""Classifiers on embeddings, trained on one source and tested on natural-val.

Inputs: embeddings.
Outputs: embedding_classifiers/{encoder}/{source}.parquet (a row a classifier and class, and one for
all), and from all of them summary/embedding_classifiers.parquet and .csv.
Guarantees: each classifier is trained on the same n images a class, and the images of natural-val
decide nothing in it. natural-val itself is no source here, since nothing is held out from it.
"""

CLASSIFIED_SOURCES = [source for source in STUDY.sources if source != NATURAL_VAL]

EMBEDDING_CLASSIFIER_FILES = expand(
    f"{RESULTS}/summary/embedding_classifiers.{{suffix}}", suffix=["parquet", "csv"]
)


def embedding_classifiers_of(encoder, source):
    return f"{RESULTS}/embedding_classifiers/{encoder}/{source}.parquet"


# On a cluster, not worth an allocation.
localrules:
    summarise_embedding_classifiers,


rule measure_embedding_classifiers:
    input:
        images=lambda wildcards: embeddings_of(wildcards.encoder, wildcards.source),
        queries=lambda wildcards: embeddings_of(wildcards.encoder, NATURAL_VAL),
    output:
        f"{RESULTS}/embedding_classifiers/{{encoder}}/{{source}}.parquet",
    log:
        f"{LOGS}/embedding_classifiers/{{encoder}}/{{source}}.log",
    wildcard_constraints:
        source=one_of(CLASSIFIED_SOURCES),
    conda:
        "../envs/tables.yaml"
    threads: ENCODER_THREADS
    resources:
        **sized(lambda wildcards: measuring(2)),
    params:
        class_ids=STUDY.class_ids,
        n=STUDY.measures.n,
        draws=STUDY.measures.draws,
        code=code("measure_embedding_classifiers.py"),
    script:
        "../workflow/scripts/measure_embedding_classifiers.py"


rule summarise_embedding_classifiers:
    input:
        [
            embedding_classifiers_of(encoder, source)
            for encoder in STUDY.encoders
            for source in CLASSIFIED_SOURCES
        ],
    output:
        parquet=EMBEDDING_CLASSIFIER_FILES[0],
        csv=EMBEDDING_CLASSIFIER_FILES[1],
    log:
        f"{LOGS}/embedding_classifiers.log",
    conda:
        "../envs/tables.yaml"
    params:
        encoders=list(STUDY.encoders),
        sources=CLASSIFIED_SOURCES,
        code=code("summarise_embedding_classifiers.py"),
    script:
        "../workflow/scripts/summarise_embedding_classifiers.py"
