"""Train the miniature's UNet and save the Stable Diffusion pipeline that it completes."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.jobs.devices import on_threads
    from synthgap.miniature.diffusion import train_diffusion
    from synthgap.miniature.spec import DiffusionSpec
    from synthgap.miniature.web import collect
    from synthgap.provenance import write_fingerprint

    on_threads(
        snakemake.threads,
        train_diffusion,
        collect(**snakemake.params.left_out),
        snakemake.params.clip,
        snakemake.params.autoencoder,
        DiffusionSpec.model_validate(snakemake.params.spec),
        snakemake.params.folder,
    )
    write_fingerprint(snakemake.params.folder, snakemake.output[0])
