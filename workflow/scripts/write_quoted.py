"""Write what the paper says beside what this study found."""

from synthgap.errors import logging_to
from synthgap.figures.quoted import write_quoted
from synthgap.summary import frame

with logging_to(snakemake.log[0]):
    variants = frame(snakemake.input[0])
    write_quoted(snakemake.output[0], variants[variants["encoder"] == snakemake.params.encoder])
