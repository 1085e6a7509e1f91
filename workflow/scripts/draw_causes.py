"""Draw how many classes suffer from each cause."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.figures.charts.causes import draw_causes
    from synthgap.tables import read

    causes = read(snakemake.input[0]).to_pandas()
    draw_causes(snakemake.output[0], causes[causes["encoder"] == snakemake.wildcards.encoder])
