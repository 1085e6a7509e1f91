"""Write what the paper says beside what this study found."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.described import frame
    from synthgap.figures.pages.quoted import write_quoted

    variants, quoted = (
        table[table["encoder"] == snakemake.params.encoder]
        for table in (frame(snakemake.input.variants), frame(snakemake.input.quoted))
    )
    write_quoted(snakemake.output[0], variants, quoted)
