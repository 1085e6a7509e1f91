"""Compare the centroid distances of this study with the quoted ones."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.provenance import metadata
    from synthgap.summary.quoted import quoted_table
    from synthgap.summary.variants import frame
    from synthgap.tables import write_with_csv

    write_with_csv(
        quoted_table(frame(snakemake.input[0])),
        snakemake.output.table,
        metadata(snakemake.config["study"], snakemake.params.code, ["pandas"]),
    )
