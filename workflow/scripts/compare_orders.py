"""Say whether measures order the variants alike."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from itertools import product

    from synthgap.flat_inputs import cut
    from synthgap.provenance import made_by
    from synthgap.summary.agreement import agreement_table
    from synthgap.summary.classifiers import Training
    from synthgap.summary.measured import Measured
    from synthgap.tables import write_with_csv

    given, params = snakemake.input, snakemake.params
    # Of a source its classes, then all of them, then the pooled images.
    measures = cut(
        given.measures,
        dict.fromkeys(product(params.encoders, params.variants), params.classes + 2),
    )
    predictions = cut(given.predictions, dict.fromkeys(params.trained_alone, len(params.seeds)))
    table = agreement_table(
        [
            Measured(encoder, source, classes, together, pooled)
            for (encoder, source), (*classes, together, pooled) in measures.items()
        ],
        {
            variant: Training(params.classifier, name, (variant,), predictions[variant])
            for variant, name in params.trained_alone.items()
        },
        params.draws,
    )
    made = made_by(snakemake, ["numpy", "pandas", "scipy"], "classifier", "draws")
    write_with_csv(table, snakemake.output.table, made)
