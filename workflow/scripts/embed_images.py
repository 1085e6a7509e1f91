"""Embed the images of one source and class."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from pydantic import TypeAdapter

    from synthgap.embedding.embedding_tables import embed_image_table
    from synthgap.embedding.encoders import Encoder
    from synthgap.models import checkpoint
    from synthgap.provenance import made_by

    params = snakemake.params
    encoder = TypeAdapter(Encoder).validate_python(
        {**params.encoder, "batch_size": snakemake.resources.batch_size}
    )
    model = checkpoint(**params.checkpoint, fingerprint_file=snakemake.input.get("fingerprint"))
    embed_image_table(
        snakemake.input.images,
        snakemake.output[0],
        encoder=encoder,
        checkpoint=model,
        threads=snakemake.threads,
        metadata=made_by(
            snakemake,
            ["pillow", "torch", "torchvision", "transformers"],
            "encoder",
            "source",
            dtype=encoder.dtype,
            model=model.identity,
        ),
    )
