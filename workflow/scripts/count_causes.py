"""Count the classes that suffer from each cause."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.provenance import metadata
    from synthgap.summary.causes import causes_table
    from synthgap.tables import read, write_with_csv

    write_with_csv(
        causes_table(read(snakemake.input[0]).to_pandas()),
        snakemake.output.table,
        metadata(snakemake.config["study"], snakemake.params.code, ["pandas"]),
    )
