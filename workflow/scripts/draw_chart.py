"""Draw a chart of one encoder: the one that the rule names, of the tables that are its inputs."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from importlib import import_module

    from synthgap.described import frame
    from synthgap.figures.charts.style import save

    params, encoder = snakemake.params, snakemake.wildcards.encoder
    tables = {name: frame(path) for name, path in snakemake.input.items()}
    chart = import_module(f"synthgap.figures.charts.{params.chart}").draw(
        **{
            name: table[table["encoder"] == encoder] if "encoder" in table else table
            for name, table in tables.items()
        },
        **params.settings,
    )
    save(chart, dict(snakemake.output.items()))
