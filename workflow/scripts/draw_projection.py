"""Draw the map of the embeddings of one encoder."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.figures.charts.projection import draw_projection
    from synthgap.tables import read

    draw_projection(
        snakemake.output[0], read(snakemake.input[0]).to_pandas(), snakemake.params.names
    )
