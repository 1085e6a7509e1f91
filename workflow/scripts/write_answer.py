"""Write the headline table as a page."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.figures.pages.answer import write_answer
    from synthgap.summary.variants import frame

    write_answer(
        snakemake.output[0],
        snakemake.params.study,
        snakemake.params.description,
        frame(snakemake.input.variants),
    )
