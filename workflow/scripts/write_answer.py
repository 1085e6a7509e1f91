"""Write the headline table as a page."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.described import frame
    from synthgap.figures.pages.answer import write_answer

    write_answer(
        snakemake.output[0],
        snakemake.params.study,
        snakemake.params.description,
        frame(snakemake.input.variants),
        frame(snakemake.input.copies),
    )
