"""Take the mean of its kind from a table of embeddings."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.embedding.mean_removal import remove_mean
    from synthgap.provenance import made_by

    given, params = snakemake.input, snakemake.params
    remove_mean(
        given.embeddings,
        given.means,
        params.of,
        snakemake.output[0],
        made_by(snakemake, ["numpy"], "encoder", "of"),
    )
