"""Draw the map of the embeddings of one encoder."""

from synthgap.errors import logging_to
from synthgap.figures.projection import draw_projection

with logging_to(snakemake.log[0]):
    params, images = snakemake.params, list(snakemake.input.images)
    size = len(params.classes)
    draw_projection(
        snakemake.output[0],
        {
            source: images[place * size : (place + 1) * size]
            for place, source in enumerate(params.sources)
        },
        dict(zip(params.variants, snakemake.input.prompts, strict=True)),
        params.classes,
    )
