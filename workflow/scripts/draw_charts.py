"""Draw the charts of one encoder."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.described import frame
    from synthgap.figures.charts import of_variants as charts

    variants, classes = (
        table[table["encoder"] == snakemake.wildcards.encoder]
        for table in (frame(snakemake.input.variants), frame(snakemake.input.classes))
    )
    charts.draw_centroid_distance(snakemake.output.centroid_distance, variants, classes)
    charts.draw_accuracy(snakemake.output.accuracy, variants)
    charts.draw_accuracy_against_distance(snakemake.output.accuracy_against_distance, variants)
    charts.draw_cross_accuracy(snakemake.output.cross_accuracy, frame(snakemake.input.cross))
