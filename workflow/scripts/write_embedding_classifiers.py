"""Write the accuracies of classifiers on embeddings as a page."""

from synthgap.errors import logging_to
from synthgap.figures.embedding_classifiers import write_embedding_classifiers
from synthgap.tables import read

with logging_to(snakemake.log[0]):
    write_embedding_classifiers(snakemake.output[0], read(snakemake.input[0]).to_pandas())
