"""Say where each image of one source lies among the class means and in its class."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.measures.tables.positions import place_images
    from synthgap.provenance import made_by

    place_images(
        snakemake.output[0],
        class_ids=snakemake.params.class_ids,
        images=snakemake.input.images,
        natural=snakemake.input.natural,
        metadata=made_by(snakemake, ["numpy"], "encoder", "source"),
    )
