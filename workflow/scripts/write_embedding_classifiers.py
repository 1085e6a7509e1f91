"""Write the accuracies of classifiers on embeddings as a page."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.figures.pages.embedding_classifiers import write_embedding_classifiers
    from synthgap.tables import read

    write_embedding_classifiers(snakemake.output[0], read(snakemake.input.accuracies).to_pandas())
