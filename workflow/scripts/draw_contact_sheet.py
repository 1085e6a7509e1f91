"""Draw natural and synthetic images of one class beside each other."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.figures.charts.contact_sheet import draw
    from synthgap.figures.charts.style import save

    chart = draw(
        snakemake.params.title,
        dict(zip(snakemake.params.sources, snakemake.input, strict=True)),
        snakemake.params.images_per_class,
    )
    save(chart, dict(snakemake.output.items()))
