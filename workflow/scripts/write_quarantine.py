"""Write what was put aside as a page."""

from synthgap.errors import logging_to
from synthgap.figures.quarantine import write_quarantine
from synthgap.tables import read

with logging_to(snakemake.log[0]):
    write_quarantine(
        snakemake.output[0],
        read(snakemake.input[0]).to_pandas(),
        snakemake.params.sources,
    )
