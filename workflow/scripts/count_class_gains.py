"""Say what variants gain in single classes."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from itertools import product

    from synthgap.provenance import made_by
    from synthgap.summary.class_gains import class_gains_table
    from synthgap.summary.gains import comparisons
    from synthgap.summary.listed_files import trainings_of
    from synthgap.tables import write_with_csv

    given, params = snakemake.input, snakemake.params
    alone = {name: (variant,) for variant, name in params.trained_alone.items()}
    table = class_gains_table(
        dict(zip(product(params.encoders, params.variants), given.scores, strict=True)),
        trainings_of(given.predictions, params.seeds, alone),
        params.names,
        comparisons(params.variants, params.baseline, params.controls),
    )
    made = made_by(snakemake, ["numpy", "pandas", "scipy"], "baseline")
    write_with_csv(table, snakemake.output.table, made)
