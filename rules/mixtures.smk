"""Natural and synthetic images together: what the synthetic ones add, and what they are worth.

Inputs: predictions; image tables of sources that training sets take as a whole, which are counted.
Outputs: summary/mixtures.parquet and CSV, a row a classifier and training set, in studies that train on
natural-train alone in two sizes or more and on other images too. Other studies have no rule of this.
figures/{encoder}/mixtures.*, which figures.smk lists, is the same for each encoder.
Guarantees: nothing is extrapolated from what natural images alone show.
"""


def seen_by(training_set):
    """Images a class of each source that a training set shows, and those before it; None is all."""
    found = {}
    for name in (training_set, *STUDY.pretrained_on(training_set)):
        for source, count in STUDY.counts_of(name).items():
            # A larger choice contains the smaller.
            before = found.get(source, 0)
            found[source] = None if None in (count, before) else max(count, before)
    return found


SEEN = {name: seen_by(name) for name in STUDY.training_sets}

NATURAL_SIZES = {
    seen[NATURAL_TRAIN]
    for name, seen in SEEN.items()
    if list(seen) == [NATURAL_TRAIN] and name not in FINE_TUNED
}

MIXTURE_TABLES = [
    f"{RESULTS}/summary/mixtures.{suffix}"
    for suffix in ("parquet", "csv")
    if len(NATURAL_SIZES) > 1 and any(list(seen) != [NATURAL_TRAIN] for seen in SEEN.values())
]


if MIXTURE_TABLES:

    WHOLE = [
        source
        for source in (NATURAL_TRAIN, *STUDY.variants)
        if any(seen.get(source, 0) is None for seen in SEEN.values())
    ]

    rule compare_mixtures:
        input:
            predictions=[
                predictions_of(classifier, name)
                for classifier in STUDY.classifiers
                for name in STUDY.training_sets
            ],
            images=[table for source in WHOLE for table in images_of(source)],
        output:
            table=MIXTURE_TABLES[0],
            csv=MIXTURE_TABLES[1],
        log:
            f"{LOGS}/mixtures.log",
        conda:
            "../envs/tables.yaml"
        resources:
            **sized(lambda wildcards: needs.joining(CLASSES * len(STUDY.training_sets))),
        params:
            natural=NATURAL_TRAIN,
            classes=len(STUDY.class_ids),
            whole=WHOLE,
            seen=SEEN,
            pretrained_on={
                name: list(STUDY.pretrained_on(name)[:1]) for name in STUDY.training_sets
            },
            seeds={name: spec.seeds for name, spec in STUDY.classifiers.items()},
            draws=STUDY.measures.draws,
            code=code("compare_mixtures.py"),
        script:
            "../workflow/scripts/compare_mixtures.py"

    rule draw_mixtures:
        input:
            mixtures=MIXTURE_TABLES[0],
        output:
            **chart_of_encoder("mixtures", "mixtures of natural and synthetic images"),
        log:
            f"{LOGS}/figures/{{encoder}}/mixtures.log",
        localrule: True
        conda:
            "../envs/tables.yaml"
        params:
            **chart("mixtures"),
        script:
            "../workflow/scripts/draw_chart.py"
