"""Write the embeddings of a derived variant's prompts: of each class those of its source."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.derived.taking import take_prompts
    from synthgap.provenance import made_by

    take_prompts(
        snakemake.output[0],
        origin=snakemake.input.origin,
        class_ids=snakemake.params.class_ids,
        prompts=dict(zip(snakemake.params.sources, snakemake.input.prompts, strict=True)),
        metadata=made_by(snakemake, [], "encoder", "variant", "sources"),
    )
