"""Hash the files of a local model folder."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.provenance import write_fingerprint

    write_fingerprint(snakemake.params.folder, snakemake.output[0])
