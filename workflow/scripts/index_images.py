"""Find the images of one source inside Parquet files."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.image_sets.parquet_files import ParquetFiles
    from synthgap.image_sets.parquet_index import write_index
    from synthgap.provenance import made_by

    write_index(
        ParquetFiles.model_validate(snakemake.params.image_set),
        snakemake.output[0],
        made_by(snakemake, ["pyarrow"], "image_set", "stamp"),
    )
