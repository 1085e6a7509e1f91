"""Measure the centroid accuracy of every source on the images of every source."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.flat_inputs import cut
    from synthgap.measures.tables.cross_accuracy import measure_cross_accuracy
    from synthgap.provenance import metadata

    class_ids, n, draws = (snakemake.params[name] for name in ("class_ids", "n", "draws"))
    measure_cross_accuracy(
        snakemake.output[0],
        class_ids=class_ids,
        embeddings=cut(snakemake.input, dict.fromkeys(snakemake.params.sources, len(class_ids))),
        n=n,
        draws=draws,
        metadata=metadata(
            snakemake.config["study"],
            snakemake.params.code,
            ["numpy"],
            encoder=snakemake.wildcards.encoder,
            n=n,
            draws=draws,
        ),
    )
