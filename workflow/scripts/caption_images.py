"""Caption the natural images of a class by a model."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.captioning.caption_table import caption_image_table
    from synthgap.captioning.transformers_captioner import TransformersCaptioner
    from synthgap.models import checkpoint
    from synthgap.provenance import made_by

    params = snakemake.params
    captioner = TransformersCaptioner.model_validate(
        {**params.captioner, "batch_size": snakemake.resources.batch_size}
    )
    model = checkpoint(**params.checkpoint, fingerprint_file=snakemake.input.get("fingerprint"))
    caption_image_table(
        snakemake.input.images,
        snakemake.output[0],
        captioner=captioner,
        checkpoint=model,
        threads=snakemake.threads,
        metadata=made_by(
            snakemake,
            captioner.PACKAGES,
            "captioner",
            dtype=captioner.dtype,
            model=model.identity,
        ),
    )
