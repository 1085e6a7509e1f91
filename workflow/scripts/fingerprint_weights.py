"""Hash a file of weights, or the files of a folder with them."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.provenance import write_fingerprint_of

    write_fingerprint_of(snakemake.params.place, snakemake.output[0])
