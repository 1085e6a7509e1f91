"""Train classifiers on the embeddings of one source and test them on natural-val."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.embedding_classifiers.accuracy_table import measure_embedding_classifiers
    from synthgap.provenance import made_by

    measure_embedding_classifiers(
        snakemake.output[0],
        class_ids=snakemake.params.class_ids,
        images=snakemake.input.images,
        queries=snakemake.input.queries,
        n=snakemake.params.n,
        draws=snakemake.params.draws,
        threads=snakemake.threads,
        metadata=made_by(
            snakemake, ["numpy", "scikit-learn", "scipy"], "encoder", "source", "n", "draws"
        ),
    )
