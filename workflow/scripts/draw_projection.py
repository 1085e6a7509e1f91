"""Draw the map of the embeddings of one encoder."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.figures.charts.projection import draw_projection
    from synthgap.flat_inputs import cut

    params = snakemake.params
    draw_projection(
        snakemake.output[0],
        cut(snakemake.input.images, dict.fromkeys(params.sources, len(params.classes))),
        dict(zip(params.variants, snakemake.input.prompts, strict=True)),
        params.classes,
    )
