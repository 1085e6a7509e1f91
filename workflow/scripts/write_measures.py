"""Write every measure as a page."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.figures.pages.measures import write_measures
    from synthgap.summary.variants import descriptions, frame

    table = snakemake.input.variants
    write_measures(snakemake.output[0], frame(table), descriptions(table))
