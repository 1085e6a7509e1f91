"""Rank measures by how they order variants as their training does."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.provenance import made_by
    from synthgap.summary.listed_files import measured_of, trainings_by_variant
    from synthgap.summary.predictors import predictors_table
    from synthgap.tables import write_with_csv

    given, params = snakemake.input, snakemake.params
    table = predictors_table(
        measured_of(given.measures, params.encoders, params.trained_alone, params.classes),
        trainings_by_variant(
            given.predictions, params.classifier, params.seeds, params.trained_alone
        ),
        params.draws,
    )
    made = made_by(snakemake, ["numpy", "pandas", "scipy"], "classifier", "draws")
    write_with_csv(table, snakemake.output.table, made)
