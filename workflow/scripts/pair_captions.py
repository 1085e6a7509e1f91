"""Make the prompts of a class of captions of its natural images."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.prompts.captioned import pair_captions
    from synthgap.provenance import made_by

    params = snakemake.params
    pair_captions(
        snakemake.input[0],
        snakemake.output[0],
        template=params.template,
        category=params.category,
        study_seed=params.study_seed,
        most=params.most,
        metadata=made_by(snakemake, ["numpy"], "recipe", "template", "study_seed"),
    )
