"""Say which classes of one variant suffer from which cause."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.diagnosis.of_variant import diagnose_variant
    from synthgap.provenance import metadata

    n, draws = snakemake.params.n, snakemake.params.draws
    encoder, variant = snakemake.wildcards.encoder, snakemake.wildcards.variant
    diagnose_variant(
        snakemake.output[0],
        encoder=encoder,
        source=variant,
        names=snakemake.params.names,
        images=snakemake.input.images,
        train=snakemake.input.train,
        val=snakemake.input.val,
        prompts=snakemake.input.prompts or None,
        n=n,
        draws=draws,
        metadata=metadata(
            snakemake.config["study"],
            snakemake.params.code,
            ["numpy", "scipy"],
            encoder=encoder,
            source=variant,
            n=n,
            draws=draws,
        ),
    )
