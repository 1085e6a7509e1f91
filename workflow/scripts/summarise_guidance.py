"""Choose the best guidance scale of each sweep, confirm it, and find the frontier."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from itertools import product
    from pathlib import Path

    from synthgap.described import frame
    from synthgap.provenance import made_by
    from synthgap.summary.frontier import frontier_table
    from synthgap.summary.guidance import guidance_table
    from synthgap.summary.listed_files import measured_of, trainings_of
    from synthgap.summary.sweeps import Sweep
    from synthgap.tables import write_with_csv

    given, params = snakemake.input, snakemake.params
    sweeps = [
        Sweep(generator, prompts, tuple(sources), tuple(scales))
        for generator, prompts, sources, scales in params.sweeps
    ]
    swept = [source for sweep in sweeps for source in sweep.sources]
    trainings = trainings_of(given.predictions, params.seeds, params.training_sets)
    hits = dict(zip(product(params.encoders, swept), given.hits, strict=True))
    measured = measured_of(given.measures, params.encoders, swept, len(params.names))
    tables = {
        "guidance": guidance_table(sweeps, hits, trainings, params.names, params.draws),
        "frontier": frontier_table(sweeps, frame(given.variants), frame(given.classes), measured),
    }
    folder = Path(snakemake.output[0]).parent
    for name, table in tables.items():
        made = made_by(snakemake, ["numpy", "pandas"], "draws")
        write_with_csv(table, folder / f"{name}.parquet", made)
