"""Count the flagged images, and write the report's page about them."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.figures.pages.flagged_images import write_flags_page
    from synthgap.flat_inputs import cut
    from synthgap.provenance import metadata
    from synthgap.summary.flagged_images import flags_table
    from synthgap.tables import write_with_csv

    params = snakemake.params
    # The rule lists its inputs by variant and class.
    table = flags_table(cut(snakemake.input, dict.fromkeys(params.variants, params.classes)))
    made = metadata(snakemake.config["study"], params.code, ["pandas"])
    write_with_csv(table, snakemake.output.table, made)
    write_flags_page(snakemake.output.page, table.to_pandas())
