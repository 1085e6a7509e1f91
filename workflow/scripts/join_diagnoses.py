"""Join the diagnoses of all variants."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.diagnosis.of_variant import join_diagnoses
    from synthgap.provenance import made_by

    join_diagnoses(
        snakemake.output[0],
        snakemake.input,
        made_by(snakemake, []),
    )
