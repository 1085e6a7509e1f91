"""Measures: of one class, of one source, of its images as one set, and of every source on every other.

Inputs: embeddings.
Outputs: measures/{encoder}/{source}/{class_id}.parquet (what one class alone can say),
measures/{encoder}/{source}.parquet (what needs all classes), pooled/{encoder}/{source}.parquet (what
is measured on all images as one set), measures/{encoder}.parquet (centroid accuracy of every source on
the images of every source), positions/{encoder}/{source}.parquet (a row an image: the class whose
natural mean is nearest, and how far it lies from its class's means and natural images),
scores/{encoder}/{source}.parquet (a row an image: what it adds to the measures that need all classes; in
studies that name groups of classes or make variants of others).
Guarantees: every source is measured at the same n, with 95 % intervals; all images are placed, and have
no interval. A new variant leaves the tables of the others as they are, but for centroid accuracy of
every source on every other.
"""


def measures_of(encoder, source):
    folder = home(source, encoder=encoder)
    of_classes = expand(
        f"{folder}/measures/{encoder}/{source}/{{class_id}}.parquet", class_id=STUDY.class_ids
    )
    return [
        *of_classes,
        f"{folder}/measures/{encoder}/{source}.parquet",
        f"{folder}/pooled/{encoder}/{source}.parquet",
    ]


def cross_accuracy_of(encoder):
    return f"{RESULTS}/measures/{encoder}.parquet"


def positions_of(encoder, source):
    return f"{home(source, encoder=encoder)}/positions/{encoder}/{source}.parquet"


def scores_of(encoder, source):
    return f"{RESULTS}/scores/{encoder}/{source}.parquet"


POSITIONS = [
    positions_of(encoder, source) for encoder in STUDY.encoders for source in STUDY.sources
]


natural_embeddings_of_class = (
    f"{RESULTS}/embeddings/{{encoder}}/{NATURAL_TRAIN}/{{class_id}}.parquet"
)
if RESULTS != MAIN:
    natural_embeddings_of_class = (
        lambda wildcards: f"{home(encoder=wildcards.encoder)}/embeddings/{wildcards.encoder}/{NATURAL_TRAIN}/{wildcards.class_id}.parquet"
    )


rule measure_class:
    input:
        # Of a source that a replicate shares, it shares the measures, too.
        images=f"{RESULTS}/embeddings/{{encoder}}/{{source}}/{{class_id}}.parquet",
        natural=natural_embeddings_of_class,
    output:
        f"{RESULTS}/measures/{{encoder}}/{{source}}/{{class_id}}.parquet",
    log:
        f"{LOGS}/measures/{{encoder}}/{{source}}/{{class_id}}.log",
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: measuring(2, 1)),
    params:
        n=STUDY.measures.n,
        draws=STUDY.measures.draws,
        code=code("measure_class.py"),
    script:
        "../workflow/scripts/measure_class.py"


rule measure_source:
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
        f"{RESULTS}/measures/{{encoder}}/{{source}}.parquet",
    log:
        f"{LOGS}/measures/{{encoder}}/{{source}}.log",
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: measuring(3)),
    params:
        class_ids=STUDY.class_ids,
        # Of images made elsewhere nobody knows which prompt made which.
        own_prompts=lambda wildcards: STUDY.knows_prompts(wildcards.source),
        n=STUDY.measures.n,
        draws=STUDY.measures.draws,
        code=code("measure_source.py"),
    script:
        "../workflow/scripts/measure_source.py"


rule measure_pooled:
    input:
        images=lambda wildcards: embeddings_of(wildcards.encoder, wildcards.source),
        natural=lambda wildcards: embeddings_of(wildcards.encoder, NATURAL_TRAIN),
    output:
        f"{RESULTS}/pooled/{{encoder}}/{{source}}.parquet",
    log:
        f"{LOGS}/pooled/{{encoder}}/{{source}}.log",
    conda:
        "../envs/tables.yaml"
    threads: ENCODER_THREADS
    resources:
        **sized(lambda wildcards: measuring(2)),
    params:
        class_ids=STUDY.class_ids,
        n=STUDY.measures.n,
        draws=STUDY.measures.draws,
        code=code("measure_pooled.py"),
    script:
        "../workflow/scripts/measure_pooled.py"


rule measure_cross_accuracy:
    input:
        lambda wildcards: [
            table for source in STUDY.sources for table in embeddings_of(wildcards.encoder, source)
        ],
    output:
        f"{RESULTS}/measures/{{encoder}}.parquet",
    log:
        f"{LOGS}/measures/{{encoder}}.log",
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: measuring(len(STUDY.sources))),
    params:
        class_ids=STUDY.class_ids,
        sources=STUDY.sources,
        n=STUDY.measures.n,
        draws=STUDY.measures.draws,
        code=code("measure_cross_accuracy.py"),
    script:
        "../workflow/scripts/measure_cross_accuracy.py"


rule place_images:
    input:
        images=lambda wildcards: embeddings_of(wildcards.encoder, wildcards.source),
        natural=lambda wildcards: embeddings_of(wildcards.encoder, NATURAL_TRAIN),
    output:
        f"{RESULTS}/positions/{{encoder}}/{{source}}.parquet",
    log:
        f"{LOGS}/positions/{{encoder}}/{{source}}.log",
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: needs.placing(CLASSES, IMAGES)),
    params:
        class_ids=STUDY.class_ids,
        code=code("place_images.py"),
    script:
        "../workflow/scripts/place_images.py"


# Of single images, where a table asks for some of the classes alone or for one.
if STUDY.groups or STUDY.derived:

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
