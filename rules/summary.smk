"""The study's answer in tables.

Inputs: measures and predictions; for the projections embeddings.
Outputs: summary/variants.parquet (a row a source and encoder), summary/classes.parquet (a row a
class, source and encoder), summary/differences.parquet (a row an encoder, measure and pair of
sources), summary/classifiers.parquet (a row a classifier and training set, in studies that train any),
summary/quoted.parquet (a row an encoder and variant that the paper has too), summary/encoders.parquet (a
row an encoder, in studies with several), and the same as CSV; zero_shot/{encoder}.parquet (natural-val
classified by prompts, in the same studies);
projections/{encoder}.parquet (a row an image or prompt: where it lies in two dimensions).
Guarantees: every measure has its 95 % interval beside it; each column's metadata says what it is.
"""

SUMMARY_FILES = expand(
    f"{RESULTS}/summary/{{table}}.{{suffix}}",
    table=["variants", "classes", "differences", *(["classifiers"] if STUDY.classifiers else [])],
    suffix=["parquet", "csv"],
)

QUOTED_TABLES = [f"{RESULTS}/summary/quoted.{suffix}" for suffix in ("parquet", "csv")]

ENCODER_TABLES = [
    f"{RESULTS}/summary/encoders.{suffix}"
    for suffix in ("parquet", "csv")
    if len(STUDY.encoders) > 1
]

PROJECTIONS = expand(f"{RESULTS}/projections/{{encoder}}.parquet", encoder=STUDY.encoders)


def prompted(encoder):
    """The variants whose prompts the encoder embeds."""
    return [variant for variant in STUDY.variants if has_prompts(encoder, variant)]


# On a cluster, not worth an allocation.
localrules:
    compare_quoted,


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


rule compare_quoted:
    input:
        f"{RESULTS}/summary/variants.parquet",
    output:
        table=QUOTED_TABLES[0],
        csv=QUOTED_TABLES[1],
    log:
        f"{LOGS}/quoted.log",
    conda:
        "../envs/tables.yaml"
    params:
        code=code("compare_quoted.py"),
    script:
        "../workflow/scripts/compare_quoted.py"


rule project_embeddings:
    input:
        images=lambda wildcards: [
            table for source in STUDY.sources for table in embeddings_of(wildcards.encoder, source)
        ],
        prompts=lambda wildcards: [
            prompts_of(wildcards.encoder, variant) for variant in prompted(wildcards.encoder)
        ],
    output:
        f"{RESULTS}/projections/{{encoder}}.parquet",
    log:
        f"{LOGS}/projections/{{encoder}}.log",
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: measuring(len(STUDY.sources))),
    params:
        sources=STUDY.sources,
        variants=lambda wildcards: prompted(wildcards.encoder),
        classes=len(STUDY.class_ids),
        code=code("project_embeddings.py"),
    script:
        "../workflow/scripts/project_embeddings.py"


if ENCODER_TABLES:

    # Few prompts are separable from images by chance.
    MOST_PROMPTS = max(
        (name for name, variant in STUDY.variants.items() if variant.prompts is not None),
        key=lambda name: sum(len(STUDY.prompts_of(name, class_id)) for class_id in STUDY.class_ids),
        default=None,
    )
    """The variant whose prompts and images stand for an encoder's; the first of those with as many."""

    PROMPTED = [
        name
        for name in STUDY.encoders
        if MOST_PROMPTS is not None and has_prompts(name, MOST_PROMPTS)
    ]
    """Encoders that embed them."""

    localrules:
        compare_encoders,

    rule measure_zero_shot:
        input:
            queries=lambda wildcards: embeddings_of(wildcards.encoder, NATURAL_VAL),
            prompts=lambda wildcards: prompts_of(wildcards.encoder, MOST_PROMPTS),
        output:
            f"{RESULTS}/zero_shot/{{encoder}}.parquet",
        log:
            f"{LOGS}/zero_shot/{{encoder}}.log",
        wildcard_constraints:
            encoder=one_of(PROMPTED),
        conda:
            "../envs/tables.yaml"
        resources:
            **sized(lambda wildcards: measuring(1)),
        params:
            class_ids=STUDY.class_ids,
            variant=MOST_PROMPTS,
            draws=STUDY.measures.draws,
            code=code("measure_zero_shot.py"),
        script:
            "../workflow/scripts/measure_zero_shot.py"

    rule compare_encoders:
        input:
            measures=[
                measures_of(encoder, source)
                for encoder in STUDY.encoders
                for source in STUDY.sources
            ],
            zero_shot=[f"{RESULTS}/zero_shot/{encoder}.parquet" for encoder in PROMPTED],
        output:
            table=ENCODER_TABLES[0],
            csv=ENCODER_TABLES[1],
        log:
            f"{LOGS}/encoders.log",
        conda:
            "../envs/tables.yaml"
        params:
            classes=len(STUDY.class_ids),
            encoders=list(STUDY.encoders),
            sources=STUDY.sources,
            prompted=PROMPTED,
            natural=NATURAL_TRAIN,
            reference=MOST_PROMPTS,
            first=STUDY.headline_encoder,
            code=code("compare_encoders.py"),
        script:
            "../workflow/scripts/compare_encoders.py"
