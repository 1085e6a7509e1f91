"""Draw what of each variant's accuracy gap comes from shift and what from diversity."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.figures.charts.isolation import draw_isolation
    from synthgap.summary.variants import frame

    variants = frame(snakemake.input[0])
    draw_isolation(
        snakemake.output[0], variants[variants["encoder"] == snakemake.wildcards.encoder]
    )
