"""Join the diagnoses of all variants."""

from synthgap.diagnosis.table import join_diagnoses
from synthgap.errors import logging_to
from synthgap.provenance import metadata

with logging_to(snakemake.log[0]):
    join_diagnoses(
        snakemake.output[0],
        snakemake.input,
        metadata(snakemake.config["study"], snakemake.params.code, []),
    )
