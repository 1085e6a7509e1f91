"""Measure one class of one source."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.measures.tables.of_class import measure_class
    from synthgap.provenance import made_by

    measure_class(
        snakemake.output[0],
        class_id=snakemake.wildcards.class_id,
        images=snakemake.input.images,
        natural=snakemake.input.natural,
        n=snakemake.params.n,
        draws=snakemake.params.draws,
        metadata=made_by(snakemake, ["numpy"], "encoder", "source", "n", "draws"),
    )
