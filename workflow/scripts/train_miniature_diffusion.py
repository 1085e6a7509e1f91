"""Train the miniature's UNet and save the Stable Diffusion pipeline that it completes."""

from synthgap.devices import on_threads
from synthgap.errors import logging_to
from synthgap.miniature.diffusion import train_diffusion
from synthgap.miniature.spec import DiffusionSpec
from synthgap.miniature.web import collect
from synthgap.provenance import write_fingerprint
from synthgap.workers import call

with logging_to(snakemake.log[0]):
    call(
        on_threads,
        snakemake.threads,
        train_diffusion,
        collect(**snakemake.params.left_out),
        snakemake.params.clip,
        snakemake.params.autoencoder,
        DiffusionSpec.model_validate(snakemake.params.spec),
        snakemake.params.folder,
    )
    write_fingerprint(snakemake.params.folder, snakemake.output[0])
