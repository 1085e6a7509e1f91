"""Write what the paper says beside what this study found."""

from synthgap.job import job


@job(snakemake)
def work() -> None:
    from synthgap.figures.quoted import write_quoted
    from synthgap.summary import frame

    variants = frame(snakemake.input[0])
    write_quoted(snakemake.output[0], variants[variants["encoder"] == snakemake.params.encoder])
