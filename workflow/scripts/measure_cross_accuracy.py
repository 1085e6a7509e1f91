"""Measure the centroid accuracy of every source on the images of every source."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.flat_inputs import cut
    from synthgap.measures.tables.cross_accuracy import measure_cross_accuracy
    from synthgap.provenance import made_by

    params = snakemake.params
    of_source = dict.fromkeys(params.sources, len(params.class_ids))
    measure_cross_accuracy(
        snakemake.output[0],
        class_ids=params.class_ids,
        embeddings=cut(snakemake.input, of_source),
        n=params.n,
        draws=params.draws,
        baseline="natural-train",
        metadata=made_by(snakemake, ["numpy"], "encoder", "n", "draws"),
    )
