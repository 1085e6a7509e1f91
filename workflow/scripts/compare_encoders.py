"""Put encoders side by side."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.provenance import made_by
    from synthgap.summary.encoders import encoders_table
    from synthgap.summary.listed_files import measured_of
    from synthgap.tables import write_with_csv

    given, params = snakemake.input, snakemake.params
    write_with_csv(
        encoders_table(
            measured_of(given.measures, params.encoders, params.sources, params.classes),
            dict(zip(params.prompted, given.zero_shot, strict=True)),
            natural=params.natural,
            reference=params.reference,
            first=params.first,
        ),
        snakemake.output.table,
        made_by(snakemake, ["numpy", "pandas"], "first"),
    )
