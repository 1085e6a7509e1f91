"""Draw the map of the embeddings of one encoder."""

from synthgap.errors import logging_to
from synthgap.figures.projection import draw_projection
from synthgap.flat_inputs import cut

with logging_to(snakemake.log[0]):
    params = snakemake.params
    draw_projection(
        snakemake.output[0],
        cut(snakemake.input.images, dict.fromkeys(params.sources, len(params.classes))),
        dict(zip(params.variants, snakemake.input.prompts, strict=True)),
        params.classes,
    )
