"""Write what the paper says beside what this study found."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.figures.pages.quoted import write_quoted
    from synthgap.summary.variants import frame

    variants = frame(snakemake.input[0])
    write_quoted(snakemake.output[0], variants[variants["encoder"] == snakemake.params.encoder])
