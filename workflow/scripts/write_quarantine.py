"""Write what was put aside as a page."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.figures.pages.quarantine import write_quarantine
    from synthgap.tables import read

    write_quarantine(
        snakemake.output[0],
        read(snakemake.input.aside).to_pandas(),
        snakemake.params.sources,
    )
