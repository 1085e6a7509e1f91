"""Draw the accuracies of classifiers on the embeddings of one encoder."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.figures.charts.embedding_classifiers import draw_embedding_classifiers
    from synthgap.tables import read

    accuracies = read(snakemake.input[0]).to_pandas()
    draw_embedding_classifiers(
        snakemake.output[0], accuracies[accuracies["encoder"] == snakemake.wildcards.encoder]
    )
