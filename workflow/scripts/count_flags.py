"""Count the flagged images."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.flat_inputs import cut
    from synthgap.provenance import made_by
    from synthgap.summary.flagged_images import flags_table
    from synthgap.tables import write_with_csv

    params = snakemake.params
    # The rule lists its inputs by source and class.
    write_with_csv(
        flags_table(cut(snakemake.input, dict.fromkeys(params.sources, params.classes))),
        snakemake.output.table,
        made_by(snakemake, ["pandas"]),
    )
