"""Say which images of a source are near-duplicates of natural-train images."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.leaks.tables import leaks_table
    from synthgap.provenance import made_by
    from synthgap.tables import write

    given = snakemake.input
    write(
        leaks_table(
            given.embeddings,
            given.natural_embeddings,
            given.images,
            given.natural,
            given.thresholds,
            snakemake.threads,
        ),
        snakemake.output[0],
        made_by(snakemake, ["numpy", "scipy", "pillow"]),
    )
