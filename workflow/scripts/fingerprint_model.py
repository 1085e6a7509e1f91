"""Hash the files of a local model folder."""

from synthgap.errors import logging_to
from synthgap.provenance import write_fingerprint

with logging_to(snakemake.log[0]):
    write_fingerprint(snakemake.params.folder, snakemake.output[0])
