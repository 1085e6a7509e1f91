"""Train the miniature's CLIP on the digits that no natural set takes."""

from synthgap.devices import best_device
from synthgap.errors import logging_to
from synthgap.miniature.clip import train_clip
from synthgap.miniature.spec import ClipSpec
from synthgap.miniature.web import collect
from synthgap.provenance import write_fingerprint

with logging_to(snakemake.log[0]):
    best_device(snakemake.threads)
    spec = ClipSpec.model_validate(snakemake.params.spec)
    train_clip(collect(**snakemake.params.left_out), spec, snakemake.params.folder)
    write_fingerprint(snakemake.params.folder, snakemake.output[0])
