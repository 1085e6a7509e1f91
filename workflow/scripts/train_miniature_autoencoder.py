"""Train the miniature's autoencoder on the digits that no natural set takes."""

from synthgap.devices import best_device
from synthgap.errors import logging_to
from synthgap.miniature.autoencoder import train_autoencoder
from synthgap.miniature.spec import AutoencoderSpec
from synthgap.miniature.web import collect
from synthgap.provenance import write_fingerprint

with logging_to(snakemake.log[0]):
    best_device(snakemake.threads)
    spec = AutoencoderSpec.model_validate(snakemake.params.spec)
    train_autoencoder(collect(**snakemake.params.left_out), spec, snakemake.params.folder)
    write_fingerprint(snakemake.params.folder, snakemake.output[0])
