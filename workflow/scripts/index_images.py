"""Find the images of one source inside Parquet files."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from pydantic import TypeAdapter

    from synthgap.classes import Classes
    from synthgap.image_sets.parquet_files import ParquetFiles
    from synthgap.image_sets.parquet_index import parts_of, write_index
    from synthgap.provenance import made_by

    # No parameters: they decide whether the job fails, and nothing in its table.
    study = snakemake.config

    write_index(
        ParquetFiles.model_validate(snakemake.params.image_set),
        snakemake.output[0],
        made_by(snakemake, ["pyarrow"], "image_set", "stamp"),
        categories=TypeAdapter(Classes).validate_python(study["classes"]),
        least=int(study["measures"]["n"]),
        parts=parts_of(snakemake.wildcards.source, study["natural"]),
    )
