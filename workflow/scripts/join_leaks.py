"""Count the near-duplicates of all sources beside what chance gives, and list them."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.flat_inputs import cut
    from synthgap.provenance import made_by
    from synthgap.summary.leaks import summary_tables
    from synthgap.tables import write_with_csv

    given, params = snakemake.input, snakemake.params
    images = cut(given.images, dict.fromkeys(params.sources, params.classes))
    found = dict(zip(params.sources, given.leaks, strict=True))
    metadata = made_by(snakemake, ["numpy", "scipy", "pandas"])
    counts, listed = summary_tables(found, given.thresholds, images)
    write_with_csv(counts, snakemake.output.table, metadata)
    write_with_csv(listed, snakemake.output.listed, metadata)
