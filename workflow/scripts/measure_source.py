"""Measure all classes of one source together."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.measures.tables.of_source import measure_source
    from synthgap.provenance import made_by

    measure_source(
        snakemake.output[0],
        class_ids=snakemake.params.class_ids,
        images=snakemake.input.images,
        queries=snakemake.input.queries,
        natural=snakemake.input.natural,
        prompts=snakemake.input.prompts or None,
        own_prompts=snakemake.params.own_prompts,
        n=snakemake.params.n,
        draws=snakemake.params.draws,
        metadata=made_by(
            snakemake, ["numpy", "scikit-learn", "scipy"], "encoder", "source", "n", "draws"
        ),
    )
