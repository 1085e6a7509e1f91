"""Write the images of a variant as files that the datasets library reads."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.exports.dataset_folder import write_images
    from synthgap.provenance import made_by

    write_images(
        snakemake.output[0],
        classes=snakemake.params.classes,
        images=snakemake.input,
        metadata=made_by(snakemake, [], "variant"),
    )
