"""Join the counted copies of all sources."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.described import schema_of
    from synthgap.provenance import made_by
    from synthgap.summary.copied_images import COLUMNS
    from synthgap.tables import concatenate, write_with_csv

    write_with_csv(
        concatenate(snakemake.input).cast(schema_of(COLUMNS)),
        snakemake.output.table,
        made_by(snakemake, ["pandas"]),
    )
