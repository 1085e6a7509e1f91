"""Join the diagnoses of all variants."""

from synthgap.job import job


@job(snakemake)
def work() -> None:
    from synthgap.diagnosis.table import join_diagnoses
    from synthgap.provenance import metadata

    join_diagnoses(
        snakemake.output[0],
        snakemake.input,
        metadata(snakemake.config["study"], snakemake.params.code, []),
    )
