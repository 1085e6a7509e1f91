"""Write every measure as a page."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.described import frame, metadata_of_columns
    from synthgap.figures.pages.measures import write_measures

    table = snakemake.input.variants
    write_measures(snakemake.output[0], frame(table), metadata_of_columns(table))
