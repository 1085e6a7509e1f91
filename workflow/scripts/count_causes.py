"""Count the classes that suffer from each cause."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.provenance import made_by
    from synthgap.summary.causes import causes_table
    from synthgap.tables import read, write_with_csv

    write_with_csv(
        causes_table(read(snakemake.input[0]).to_pandas()),
        snakemake.output.table,
        made_by(snakemake, ["pandas"]),
    )
