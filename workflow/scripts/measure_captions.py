"""Say in words what is measured in the scans of a class."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.miniature.measured_captions import measured_captions
    from synthgap.provenance import made_by

    measured_captions(
        snakemake.input[0],
        snakemake.output[0],
        made_by(snakemake, ["numpy", "pillow"], "captioner"),
    )
