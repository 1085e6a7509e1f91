"""Choose the natural image that goes with each generated one of a class."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.generation.natural_choice import choose
    from synthgap.provenance import made_by

    params = snakemake.params
    choose(
        snakemake.input[0],
        snakemake.output[0],
        class_id=snakemake.wildcards.class_id,
        count=params.images_per_class,
        study_seed=params.study_seed,
        metadata=made_by(snakemake, ["numpy"], "class_id", "images_per_class", "study_seed"),
    )
