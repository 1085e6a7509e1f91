"""Join the accuracies of classifiers on embeddings."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.provenance import made_by
    from synthgap.summary.embedding_classifiers import embedding_classifiers_table
    from synthgap.tables import write_with_csv

    params = snakemake.params
    measured = [(encoder, source) for encoder in params.encoders for source in params.sources]
    write_with_csv(
        embedding_classifiers_table(dict(zip(measured, snakemake.input, strict=True))),
        snakemake.output.parquet,
        made_by(snakemake, ["numpy", "pandas"]),
    )
