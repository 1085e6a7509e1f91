"""Sweeps of the guidance scale: which one is best, and which no other beats in everything.

Inputs: embeddings, predictions and summaries, of studies in which three variants or more differ in
nothing but the guidance scale. Other studies have no rules of these.
Outputs: guidance/{encoder}/{variant}.parquet (a row a natural image: whether the variant's images put
it right), and from all of them summary/guidance.parquet (a row a sweep, accuracy and class: the scale
that some natural images choose, and what it is worth on others) and summary/frontier.parquet (a row a
sweep, scale and class), and the same as CSV; figures/{encoder}/guidance.*, which figures.smk lists.
Guarantees: a scale is chosen on images that neither made nor confirm it; a new scale leaves the tables
of the others as they are.
"""

from synthgap.summary.sweeps import sweeps

SWEEPS = sweeps(
    (name, variant.generator, variant.prompts, variant.guidance_scale)
    for name, variant in STUDY.variants.items()
)

SWEPT = [variant for sweep in SWEEPS for variant in sweep.sources]

GUIDANCE_FILES = (
    expand(
        f"{RESULTS}/summary/{{table}}.{{suffix}}",
        table=["guidance", "frontier"],
        suffix=["parquet", "csv"],
    )
    if SWEEPS
    else []
)


def natural_hits_of(encoder, variant):
    return f"{RESULTS}/guidance/{encoder}/{variant}.parquet"


NATURAL_HITS = [
    natural_hits_of(encoder, variant) for encoder in STUDY.encoders for variant in SWEPT
]


if SWEEPS:

    rule classify_natural:
        input:
            images=lambda wildcards: embeddings_of(wildcards.encoder, wildcards.variant),
            train=lambda wildcards: embeddings_of(wildcards.encoder, NATURAL_TRAIN),
            val=lambda wildcards: embeddings_of(wildcards.encoder, NATURAL_VAL),
        output:
            f"{RESULTS}/guidance/{{encoder}}/{{variant}}.parquet",
        log:
            f"{LOGS}/guidance/{{encoder}}/{{variant}}.log",
        wildcard_constraints:
            variant=one_of(SWEPT),
        conda:
            "../envs/tables.yaml"
        resources:
            **sized(lambda wildcards: measuring(3)),
        params:
            class_ids=STUDY.class_ids,
            n=STUDY.measures.n,
            code=code("classify_natural.py"),
        script:
            "../workflow/scripts/classify_natural.py"

    rule summarise_guidance:
        input:
            hits=NATURAL_HITS,
            measures=[
                measures_of(encoder, variant) for encoder in STUDY.encoders for variant in SWEPT
            ],
            predictions=[
                predictions_of(classifier, name)
                for classifier in STUDY.classifiers
                for name in STUDY.training_sets
            ],
            variants=f"{RESULTS}/summary/variants.parquet",
            classes=f"{RESULTS}/summary/classes.parquet",
        output:
            GUIDANCE_FILES,
        log:
            f"{LOGS}/guidance.log",
        conda:
            "../envs/tables.yaml"
        resources:
            **sized(lambda wildcards: needs.joining(CLASSES * len(SWEPT))),
        params:
            names={category.class_id: category.name for category in STUDY.classes},
            sweeps=[list(sweep) for sweep in SWEEPS],
            encoders=list(STUDY.encoders),
            training_sets={name: STUDY.sources_of(name) for name in STUDY.training_sets},
            seeds={name: spec.seeds for name, spec in STUDY.classifiers.items()},
            draws=STUDY.measures.draws,
            code=code("summarise_guidance.py"),
        script:
            "../workflow/scripts/summarise_guidance.py"

    rule draw_guidance:
        input:
            frontier=f"{RESULTS}/summary/frontier.parquet",
            variants=f"{RESULTS}/summary/variants.parquet",
        output:
            **chart_of_encoder("guidance", "sweep of the guidance scale"),
        log:
            f"{LOGS}/figures/{{encoder}}/guidance.log",
        localrule: True
        conda:
            "../envs/tables.yaml"
        params:
            **chart("guidance"),
        script:
            "../workflow/scripts/draw_chart.py"
