"""Choose for each class the variant whose images tell natural-train's apart best."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.derived.choice_table import select_variants
    from synthgap.flat_inputs import cut
    from synthgap.provenance import made_by

    params = snakemake.params
    # The rule lists the tables by variant and class.
    select_variants(
        snakemake.output.origin,
        snakemake.output.choices,
        name=snakemake.wildcards.variant,
        class_ids=params.class_ids,
        among=cut(snakemake.input.images, dict.fromkeys(params.among, len(params.class_ids))),
        natural=snakemake.input.natural,
        n=params.n,
        metadata=made_by(snakemake, ["numpy"], "variant", "among", "n", "encoder"),
    )
