"""Read the images of one class of a source that exists already."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from pydantic import TypeAdapter

    from synthgap.classes import Category
    from synthgap.image_sets.image_table import read_images
    from synthgap.image_sets.sets import ImageSet
    from synthgap.provenance import made_by

    params, resources = snakemake.params, snakemake.resources
    class_id = snakemake.wildcards.class_id
    read_images(
        TypeAdapter(ImageSet).validate_python(params.image_set),
        Category(class_id=class_id, name=class_id, folder=params.folder),
        index=snakemake.input.get("index"),
        images=snakemake.output.images,
        quarantine=snakemake.output.quarantine,
        least=resources.least,
        max_unreadable=resources.max_unreadable_per_million / 1e6,
        max_copies=resources.max_copies_per_million / 1e6,
        threads=snakemake.threads,
        metadata=made_by(snakemake, ["pillow", "scikit-learn"], "image_set", "source"),
    )
