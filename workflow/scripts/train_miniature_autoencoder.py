"""Train the miniature's autoencoder on the digits that no natural set takes."""

from synthgap.devices import on_threads
from synthgap.errors import logging_to
from synthgap.miniature.autoencoder import train_autoencoder
from synthgap.miniature.spec import AutoencoderSpec
from synthgap.miniature.web import collect
from synthgap.provenance import write_fingerprint
from synthgap.workers import call

with logging_to(snakemake.log[0]):
    spec = AutoencoderSpec.model_validate(snakemake.params.spec)
    scans = collect(**snakemake.params.left_out)
    call(on_threads, snakemake.threads, train_autoencoder, scans, spec, snakemake.params.folder)
    write_fingerprint(snakemake.params.folder, snakemake.output[0])
