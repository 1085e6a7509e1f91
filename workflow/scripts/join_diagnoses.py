"""Join the diagnoses of all variants."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.provenance import made_by
    from synthgap.summary.diagnosis import join_diagnoses

    join_diagnoses(
        snakemake.output[0],
        snakemake.input,
        made_by(snakemake, []),
    )
