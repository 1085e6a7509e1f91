"""Say which classes of one variant suffer from which cause."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.diagnosis.of_variant import diagnose_variant
    from synthgap.provenance import made_by

    variant = snakemake.wildcards.variant
    diagnose_variant(
        snakemake.output[0],
        encoder=snakemake.wildcards.encoder,
        source=variant,
        names=snakemake.params.names,
        images=snakemake.input.images,
        train=snakemake.input.train,
        val=snakemake.input.val,
        prompts=snakemake.input.prompts or None,
        n=snakemake.params.n,
        draws=snakemake.params.draws,
        embeds_text=snakemake.params.embeds_text,
        metadata=made_by(snakemake, ["numpy", "scipy"], "encoder", "n", "draws", source=variant),
    )
