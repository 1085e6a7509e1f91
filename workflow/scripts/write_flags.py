"""Write which images are flagged, and which are copies, as a page."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.figures.pages.flags import write_flags
    from synthgap.tables import read

    write_flags(
        snakemake.output[0],
        read(snakemake.input.flags).to_pandas(),
        read(snakemake.input.copies).to_pandas(),
    )
