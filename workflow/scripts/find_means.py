"""Find the mean image and the mean caption of some pairs in an encoder's space."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.embedding.clip import ClipEncoder
    from synthgap.embedding.mean_removal import write_means
    from synthgap.models import checkpoint
    from synthgap.provenance import made_by

    params = snakemake.params
    encoder = ClipEncoder.model_validate(
        {**params.encoder, "batch_size": snakemake.resources.batch_size}
    )
    model = checkpoint(**params.checkpoint, fingerprint_file=snakemake.input.get("fingerprint"))
    write_means(
        snakemake.output[0],
        pairs=params.pairs["pairs"],
        encoder=encoder,
        checkpoint=model,
        threads=snakemake.threads,
        metadata=made_by(
            snakemake,
            ["pillow", "torch", "torchvision", "transformers"],
            "encoder",
            dtype=encoder.dtype,
            model=model.identity,
        ),
    )
