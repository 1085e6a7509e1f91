"""Say what variants gain in single classes."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from itertools import product

    from synthgap.flat_inputs import cut
    from synthgap.provenance import made_by
    from synthgap.summary.class_gains import class_gains_table
    from synthgap.summary.classifiers import Training
    from synthgap.summary.gains import comparisons
    from synthgap.tables import write_with_csv

    given, params = snakemake.input, snakemake.params
    predictions = cut(
        given.predictions,
        {
            (classifier, variant): len(seeds)
            for classifier, seeds in params.seeds.items()
            for variant in params.trained_alone
        },
    )
    table = class_gains_table(
        dict(zip(product(params.encoders, params.variants), given.scores, strict=True)),
        [
            Training(classifier, params.trained_alone[variant], (variant,), files)
            for (classifier, variant), files in predictions.items()
        ],
        params.names,
        comparisons(params.variants, params.baseline, params.controls),
    )
    made = made_by(snakemake, ["numpy", "pandas", "scipy"], "baseline")
    write_with_csv(table, snakemake.output.table, made)
