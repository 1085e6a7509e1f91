"""Write the image table of one class of a derived variant: rows of other variants' tables."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.derived.taking import take_images
    from synthgap.provenance import made_by

    take_images(
        snakemake.output[0],
        origin=snakemake.input.origin,
        class_id=snakemake.wildcards.class_id,
        images=dict(zip(snakemake.params.sources, snakemake.input.images, strict=True)),
        metadata=made_by(snakemake, [], "variant", "sources"),
    )
