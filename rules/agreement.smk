"""Whether measures order the variants alike.

Inputs: measures and, where variants were trained on alone, predictions, of studies with three variants or
more. Other studies have no rule of this.
Outputs: summary/agreement.parquet (a row an encoder and pair of measures: how far they order the variants
alike), and the same as CSV.
Guarantees: every rank correlation has its 95 % interval.
"""

from synthgap.summary import agreement

AGREEMENT_TABLES = [
    f"{RESULTS}/summary/agreement.{suffix}"
    for suffix in ("parquet", "csv")
    if len(STUDY.variants) >= agreement.LEAST
]


if AGREEMENT_TABLES:

    rule compare_orders:
        input:
            measures=[
                measures_of(encoder, variant)
                for encoder in STUDY.encoders
                for variant in STUDY.variants
            ],
            predictions=[
                predictions_of(STUDY.headline_classifier, name) for name in TRAINED_ALONE.values()
            ],
        output:
            table=AGREEMENT_TABLES[0],
            csv=AGREEMENT_TABLES[1],
        log:
            f"{LOGS}/agreement.log",
        conda:
            "../envs/tables.yaml"
        resources:
            **sized(
                lambda wildcards: needs.joining(
                    CLASSES * len(STUDY.variants) * len(STUDY.encoders)
                )
            ),
        params:
            classes=len(STUDY.class_ids),
            encoders=list(STUDY.encoders),
            variants=list(STUDY.variants),
            trained_alone=TRAINED_ALONE,
            classifier=STUDY.headline_classifier,
            seeds=(STUDY.classifiers[STUDY.headline_classifier].seeds if STUDY.classifiers else ()),
            draws=STUDY.measures.draws,
            code=code("compare_orders.py"),
        script:
            "../workflow/scripts/compare_orders.py"
