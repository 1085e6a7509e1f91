"""Write the headline table as a page."""

from synthgap.errors import logging_to
from synthgap.figures.pages import write_answer
from synthgap.summary import frame

with logging_to(snakemake.log[0]):
    write_answer(
        snakemake.output[0],
        snakemake.params.study,
        snakemake.params.description,
        frame(snakemake.input[0]),
    )
