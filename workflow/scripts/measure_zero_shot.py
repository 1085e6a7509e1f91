"""Classify natural-val by a variant's prompts alone."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.measures.tables.zero_shot import measure_zero_shot
    from synthgap.provenance import made_by

    given, params = snakemake.input, snakemake.params
    measure_zero_shot(
        snakemake.output[0],
        class_ids=params.class_ids,
        queries=given.queries,
        prompts=given.prompts,
        draws=params.draws,
        metadata=made_by(snakemake, ["numpy"], "encoder", "variant", "draws"),
    )
