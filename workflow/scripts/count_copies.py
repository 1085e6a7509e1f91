"""Count the images of a source that are copies of others."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.flat_inputs import cut
    from synthgap.provenance import made_by
    from synthgap.summary.copied_images import copies_table
    from synthgap.tables import write

    params, files = snakemake.params, snakemake.input
    # The rule lists the natural tables by source and class.
    natural = cut(files.natural, dict.fromkeys(params.natural, len(files.own)))
    write(
        copies_table(snakemake.wildcards.source, files.own, natural, params.max_copies),
        snakemake.output[0],
        made_by(snakemake, ["pyarrow"]),
    )
