"""Score each image for the measures of a source that are means over classes."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.measures.tables.scores import write_scores
    from synthgap.provenance import made_by

    write_scores(
        snakemake.output[0],
        class_ids=snakemake.params.class_ids,
        images=snakemake.input.images,
        queries=snakemake.input.queries,
        natural=snakemake.input.natural,
        prompts=snakemake.input.prompts or None,
        own_prompts=snakemake.params.own_prompts,
        n=snakemake.params.n,
        metadata=made_by(snakemake, ["numpy"], "encoder", "source", "n"),
    )
