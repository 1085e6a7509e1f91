"""What variants that are made of others gain over those that were there, and what they cost.

Inputs: summaries, choices, scores of images and predictions, of studies that filter images or choose
among variants. Other studies have no rules of this.
Outputs: summary/gains.parquet (a row a comparison of variants: what one gains and what it costs),
summary/choices.parquet (the choices of all selected variants), summary/class_gains.parquet (a row a
comparison and class), and the same as CSV.
Guarantees: gains are paired, on natural-val, which chose no image; each has its 95 % interval, those of
single classes also their chance, corrected for how many there are.
"""


def controls():
    """Of filtered variants the random choice of as many of the same images, where there is one."""
    by_chance = {
        (spec.of, spec.share): name for name in FILTERED if (spec := filter_of(name)).by == "random"
    }
    return {
        name: by_chance[spec.of, spec.share]
        for name in FILTERED
        if (spec := filter_of(name)).by != "random" and (spec.of, spec.share) in by_chance
    }


GAIN_TABLES = expand(
    f"{RESULTS}/summary/{{table}}.{{suffix}}",
    table=["gains", *(["choices"] if SELECTED else [])] if STUDY.derived else [],
    suffix=["parquet", "csv"],
)

CLASS_GAIN_TABLES = [
    f"{RESULTS}/summary/class_gains.{suffix}" for suffix in ("parquet", "csv") if STUDY.derived
]


if STUDY.derived:

    # On a cluster, not worth an allocation.
    localrules:
        count_gains,

    rule count_gains:
        input:
            variants=f"{RESULTS}/summary/variants.parquet",
            differences=f"{RESULTS}/summary/differences.parquet",
            choices=[f"{RESULTS}/choices/{variant}.parquet" for variant in SELECTED],
        output:
            GAIN_TABLES,
        log:
            f"{LOGS}/gains.log",
        conda:
            "../envs/tables.yaml"
        params:
            baseline=STUDY.baseline,
            origins={name: list(STUDY.origins(name)) for name in STUDY.variants},
            steps={name: generator_of(name).effort().steps for name in GENERATED},
            controls=controls(),
            code=code("count_gains.py"),
        script:
            "../workflow/scripts/count_gains.py"

    rule count_class_gains:
        input:
            scores=[
                scores_of(encoder, variant)
                for encoder in STUDY.encoders
                for variant in STUDY.variants
            ],
            predictions=[
                predictions_of(classifier, name)
                for classifier in STUDY.classifiers
                for name in TRAINED_ALONE.values()
            ],
        output:
            table=CLASS_GAIN_TABLES[0],
            csv=CLASS_GAIN_TABLES[1],
        log:
            f"{LOGS}/class_gains.log",
        conda:
            "../envs/tables.yaml"
        resources:
            **sized(
                lambda wildcards: needs.joining(
                    CLASSES * len(STUDY.variants) * len(STUDY.encoders)
                )
            ),
        params:
            names={category.class_id: category.name for category in STUDY.classes},
            baseline=STUDY.baseline,
            controls=controls(),
            encoders=list(STUDY.encoders),
            variants=list(STUDY.variants),
            trained_alone=TRAINED_ALONE,
            seeds={name: spec.seeds for name, spec in STUDY.classifiers.items()},
            code=code("count_class_gains.py"),
        script:
            "../workflow/scripts/count_class_gains.py"
