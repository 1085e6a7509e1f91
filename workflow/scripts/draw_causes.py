"""Draw how many classes suffer from each cause."""

from synthgap.errors import logging_to
from synthgap.figures.diagnosis import draw_causes
from synthgap.tables import read

with logging_to(snakemake.log[0]):
    diagnosis = read(snakemake.input[0]).to_pandas()
    draw_causes(snakemake.output[0], diagnosis[diagnosis["encoder"] == snakemake.wildcards.encoder])
