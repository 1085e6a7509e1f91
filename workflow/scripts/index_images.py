"""Find the images of one source inside Parquet files."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.image_sets.parquet_files import ParquetFiles
    from synthgap.image_sets.parquet_index import write_index
    from synthgap.provenance import metadata

    image_set = snakemake.params.image_set
    write_index(
        ParquetFiles.model_validate(image_set),
        snakemake.output[0],
        metadata(
            snakemake.config["study"],
            snakemake.params.code,
            ["pyarrow"],
            image_set=image_set,
        ),
    )
