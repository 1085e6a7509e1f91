"""Embed the prompts of one variant that hold captions of natural images."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from pydantic import TypeAdapter

    from synthgap.embedding.embedding_tables import embed_prompts
    from synthgap.embedding.encoders import Encoder
    from synthgap.models import checkpoint
    from synthgap.prompts.captioned import read_prompts
    from synthgap.provenance import made_by

    params = snakemake.params
    encoder = TypeAdapter(Encoder).validate_python(
        {**params.encoder, "batch_size": snakemake.resources.batch_size}
    )
    model = checkpoint(**params.checkpoint, fingerprint_file=snakemake.input.get("fingerprint"))
    embed_prompts(
        {
            class_id: read_prompts(table)
            for class_id, table in zip(params.class_ids, snakemake.input.prompts, strict=True)
        },
        snakemake.output[0],
        encoder=encoder,
        checkpoint=model,
        threads=snakemake.threads,
        metadata=made_by(
            snakemake,
            ["torch", "transformers"],
            "encoder",
            "variant",
            dtype=encoder.dtype,
            model=model.identity,
        ),
    )
