"""Train a LoRA of a generator on natural images."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from pathlib import Path

    from synthgap.models import checkpoint
    from synthgap.provenance import write_fingerprint
    from synthgap.tuning.lora import train_lora
    from synthgap.tuning.spec import LoRATraining

    given, params = snakemake.input, snakemake.params
    train_lora(
        checkpoint(**params.checkpoint, fingerprint_file=given.get("fingerprint")),
        dict(zip(params.prompts, given.images, strict=True)),
        params.prompts,
        LoRATraining.model_validate(params.lora),
        size=(params.height, params.width),
        bfloat16=params.bfloat16,
        folder=Path(params.folder),
        threads=snakemake.threads,
    )
    write_fingerprint(params.folder, snakemake.output[0])
