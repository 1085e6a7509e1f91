"""Say whether measures order the variants alike."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.provenance import made_by
    from synthgap.summary.agreement import agreement_table
    from synthgap.summary.listed_files import measured_of, trainings_by_variant
    from synthgap.tables import write_with_csv

    given, params = snakemake.input, snakemake.params
    table = agreement_table(
        measured_of(given.measures, params.encoders, params.variants, params.classes),
        trainings_by_variant(
            given.predictions, params.classifier, params.seeds, params.trained_alone
        ),
        params.draws,
    )
    made = made_by(snakemake, ["numpy", "pandas", "scipy"], "classifier", "draws")
    write_with_csv(table, snakemake.output.table, made)
