"""Write the diagnosis as a page."""

from synthgap.errors import logging_to
from synthgap.figures.diagnosis import write_diagnosis
from synthgap.tables import read

with logging_to(snakemake.log[0]):
    write_diagnosis(snakemake.output[0], read(snakemake.input[0]).to_pandas())
