"""Write the diagnosis as a page."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.figures.pages.diagnosis import write_diagnosis
    from synthgap.tables import read

    write_diagnosis(
        snakemake.output[0],
        read(snakemake.input.diagnosis).to_pandas(),
        read(snakemake.input.causes).to_pandas(),
    )
