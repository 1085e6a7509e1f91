"""Measure all images of one source as one set."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.measures.tables.pooled import measure_pooled
    from synthgap.provenance import metadata

    n, draws = snakemake.params.n, snakemake.params.draws
    measure_pooled(
        snakemake.output[0],
        class_ids=snakemake.params.class_ids,
        images=snakemake.input.images,
        natural=snakemake.input.natural,
        n=n,
        draws=draws,
        device="cpu",
        metadata=metadata(
            snakemake.config["study"],
            snakemake.params.code,
            ["numpy"],
            encoder=snakemake.wildcards.encoder,
            source=snakemake.wildcards.source,
            n=n,
            draws=draws,
        ),
    )
