"""Join the diagnoses of all variants."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.diagnosis.of_variant import join_diagnoses
    from synthgap.provenance import metadata

    join_diagnoses(
        snakemake.output[0],
        snakemake.input,
        metadata(snakemake.config["study"], snakemake.params.code, []),
    )
