"""Write every measure as a page."""

from synthgap.job import job


@job(snakemake)
def work() -> None:
    from synthgap.figures.measures import write_measures
    from synthgap.summary import descriptions, frame

    table = snakemake.input[0]
    write_measures(snakemake.output[0], frame(table), descriptions(table))
