"""Write the map's points of one source, with pictures, for tools that show embeddings."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.exports.points import write_points
    from synthgap.provenance import made_by

    write_points(
        snakemake.output[0],
        source=snakemake.wildcards.source,
        encoder=snakemake.wildcards.encoder,
        classes=snakemake.params.classes,
        projection=snakemake.input.projection,
        images=snakemake.input.images,
        embeddings=snakemake.input.embeddings,
        positions=snakemake.input.positions,
        diagnosis=snakemake.input.diagnosis,
        metadata=made_by(snakemake, ["numpy", "pillow"], "encoder", "source"),
    )
