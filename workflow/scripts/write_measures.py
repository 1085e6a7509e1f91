"""Write every measure as a page."""

from synthgap.errors import logging_to
from synthgap.figures.measures import write_measures
from synthgap.summary import descriptions, frame

with logging_to(snakemake.log[0]):
    table = snakemake.input[0]
    write_measures(snakemake.output[0], frame(table), descriptions(table))
