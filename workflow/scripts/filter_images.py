"""Say which images of another variant a filtered one keeps."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.derived.filter_table import Inputs, filter_variant
    from synthgap.provenance import made_by

    given, params = snakemake.input, snakemake.params
    filter_variant(
        snakemake.output[0],
        by=params.by,
        share=params.share,
        source=params.of,
        class_ids=params.class_ids,
        inputs=Inputs(
            given.positions,
            given.images,
            given.natural,
            given.prompts or None,
            params.own_prompts,
        ),
        metadata=made_by(snakemake, ["numpy"], "variant", "of", "by", "share", "encoder"),
    )
