"""Measure one class of one source."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.measures.tables.of_class import measure_class
    from synthgap.provenance import metadata

    n, draws = snakemake.params.n, snakemake.params.draws
    measure_class(
        snakemake.output[0],
        class_id=snakemake.wildcards.class_id,
        images=snakemake.input.images,
        natural=snakemake.input.natural,
        n=n,
        draws=draws,
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
