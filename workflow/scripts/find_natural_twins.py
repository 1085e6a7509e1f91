"""Say how alike natural-train images are, and which of them are near-duplicates of each other."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.leaks.tables import natural_tables
    from synthgap.provenance import made_by
    from synthgap.tables import write

    given = snakemake.input
    metadata = made_by(snakemake, ["numpy", "scipy", "pillow"])
    tables = natural_tables(given.embeddings, given.images, snakemake.threads)
    for table, path in zip(tables, snakemake.output, strict=True):
        write(table, path, metadata)
