"""Write the miniature's pairs of image and caption, as a user would list them."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.miniature.pairs import write_pairs
    from synthgap.miniature.web import collect
    from synthgap.provenance import write_fingerprint

    write_pairs(collect(**snakemake.params.left_out), snakemake.params.folder)
    write_fingerprint(snakemake.params.folder, snakemake.output[0])
