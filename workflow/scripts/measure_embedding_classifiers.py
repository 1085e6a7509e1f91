"""Train classifiers on the embeddings of one source and test them on natural-val."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.embedding_classifiers.accuracy_table import measure_embedding_classifiers
    from synthgap.provenance import metadata

    n, draws = snakemake.params.n, snakemake.params.draws
    measure_embedding_classifiers(
        snakemake.output[0],
        class_ids=snakemake.params.class_ids,
        images=snakemake.input.images,
        queries=snakemake.input.queries,
        n=n,
        draws=draws,
        threads=snakemake.threads,
        metadata=metadata(
            snakemake.config["study"],
            snakemake.params.code,
            ["numpy", "scikit-learn", "scipy"],
            encoder=snakemake.wildcards.encoder,
            source=snakemake.wildcards.source,
            n=n,
            draws=draws,
        ),
    )
