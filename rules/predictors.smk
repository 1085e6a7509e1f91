"""Which number tells whether a set is fit to train on.

Inputs: measures and predictions, of studies in which four variants or more were trained on alone. Other
studies have no rule of this.
Outputs: summary/predictors.parquet (a row an encoder and measure: how it orders the variants as their
training does), and the same as CSV.
Guarantees: every correlation has its 95 % interval and, corrected for their number, its chance.
"""

from synthgap.summary.predictors import LEAST

TRAINED_ALONE = {}
"""Of each variant that is trained on alone the first training set that does so."""

for _name in STUDY.training_sets:
    _sources = STUDY.sources_of(_name)
    if len(_sources) == 1 and _sources[0] in STUDY.variants:
        TRAINED_ALONE.setdefault(_sources[0], _name)

PREDICTOR_TABLES = [
    f"{RESULTS}/summary/predictors.{suffix}"
    for suffix in ("parquet", "csv")
    if len(TRAINED_ALONE) >= LEAST
]


if PREDICTOR_TABLES:

    rule rank_predictors:
        input:
            measures=[
                measures_of(encoder, variant)
                for encoder in STUDY.encoders
                for variant in TRAINED_ALONE
            ],
            predictions=[
                predictions_of(STUDY.headline_classifier, name) for name in TRAINED_ALONE.values()
            ],
        output:
            table=PREDICTOR_TABLES[0],
            csv=PREDICTOR_TABLES[1],
        log:
            f"{LOGS}/predictors.log",
        conda:
            "../envs/tables.yaml"
        resources:
            **sized(
                lambda wildcards: needs.joining(CLASSES * len(TRAINED_ALONE) * len(STUDY.encoders))
            ),
        params:
            classes=len(STUDY.class_ids),
            encoders=list(STUDY.encoders),
            trained_alone=TRAINED_ALONE,
            classifier=STUDY.headline_classifier,
            seeds=STUDY.classifiers[STUDY.headline_classifier].seeds,
            draws=STUDY.measures.draws,
            code=code("rank_predictors.py"),
        script:
            "../workflow/scripts/rank_predictors.py"
