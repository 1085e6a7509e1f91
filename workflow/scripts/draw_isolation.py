"""Draw what of each variant's accuracy gap comes from shift and what from diversity."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.described import frame
    from synthgap.figures.charts.isolation import draw_isolation

    variants = frame(snakemake.input[0])
    draw_isolation(
        snakemake.output[0], variants[variants["encoder"] == snakemake.wildcards.encoder]
    )
