"""Compare the centroid distances of this study with the quoted ones."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.described import frame
    from synthgap.provenance import made_by
    from synthgap.summary.quoted import quoted_table
    from synthgap.tables import write_with_csv

    write_with_csv(
        quoted_table(frame(snakemake.input[0])),
        snakemake.output.table,
        made_by(snakemake, ["pandas"]),
    )
