"""Write the embeddings of one class of a derived variant: rows of other variants' tables."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.derived.taking import take_embeddings
    from synthgap.provenance import made_by

    take_embeddings(
        snakemake.output[0],
        origin=snakemake.input.origin,
        class_id=snakemake.wildcards.class_id,
        embeddings=dict(zip(snakemake.params.sources, snakemake.input.embeddings, strict=True)),
        metadata=made_by(snakemake, [], "encoder", "variant", "sources"),
    )
