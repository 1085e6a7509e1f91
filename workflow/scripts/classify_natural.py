"""Say which natural images the images of a variant put right."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.measures.tables.natural_hits import write_natural_hits
    from synthgap.provenance import made_by

    write_natural_hits(
        snakemake.output[0],
        class_ids=snakemake.params.class_ids,
        images=snakemake.input.images,
        train=snakemake.input.train,
        val=snakemake.input.val,
        n=snakemake.params.n,
        metadata=made_by(snakemake, ["numpy"], "encoder", "variant", "n"),
    )
