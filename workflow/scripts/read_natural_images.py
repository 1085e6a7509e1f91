"""Write the image table of one class of a natural set."""

from synthgap.errors import logging_to
from synthgap.natural.table import write_images
from synthgap.provenance import metadata

with logging_to(snakemake.log[0]):
    natural, part = snakemake.params.natural, snakemake.wildcards.part
    write_images(
        snakemake.output[0],
        natural,
        part,
        snakemake.wildcards.class_id,
        metadata(
            snakemake.config["study"],
            snakemake.params.code,
            ["pillow", "scikit-learn"],
            natural=natural,
            part=part,
        ),
    )
