"""Measure all images of one source as one set."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.measures.tables.pooled import measure_pooled
    from synthgap.provenance import made_by

    measure_pooled(
        snakemake.output[0],
        class_ids=snakemake.params.class_ids,
        images=snakemake.input.images,
        natural=snakemake.input.natural,
        n=snakemake.params.n,
        draws=snakemake.params.draws,
        device="cpu",
        metadata=made_by(snakemake, ["numpy"], "encoder", "source", "n", "draws"),
    )
