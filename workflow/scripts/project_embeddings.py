"""Project the embeddings of one encoder onto two dimensions."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.flat_inputs import cut
    from synthgap.provenance import made_by
    from synthgap.summary.projection import projection_table
    from synthgap.tables import write

    params = snakemake.params
    # The rule lists its inputs by source and class, and by variant.
    table = projection_table(
        cut(snakemake.input.images, dict.fromkeys(params.sources, params.classes)),
        dict(zip(params.variants, snakemake.input.prompts, strict=True)),
    )
    made = made_by(snakemake, ["numpy"])
    write(table, snakemake.output[0], made)
