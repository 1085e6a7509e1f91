"""Choose the best guidance scale of each sweep, confirm it, and find the frontier."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from itertools import product
    from pathlib import Path

    from synthgap.described import frame
    from synthgap.flat_inputs import cut
    from synthgap.provenance import made_by
    from synthgap.summary.classifiers import Training
    from synthgap.summary.frontier import frontier_table
    from synthgap.summary.guidance import guidance_table
    from synthgap.summary.measured import Measured
    from synthgap.summary.sweeps import Sweep
    from synthgap.tables import write_with_csv

    given, params = snakemake.input, snakemake.params
    sweeps = [
        Sweep(generator, prompts, tuple(sources), tuple(scales))
        for generator, prompts, sources, scales in params.sweeps
    ]
    swept = [source for sweep in sweeps for source in sweep.sources]
    predictions = cut(
        given.predictions,
        {
            (classifier, name): len(seeds)
            for classifier, seeds in params.seeds.items()
            for name in params.training_sets
        },
    )
    trainings = [
        Training(classifier, name, tuple(params.training_sets[name]), files)
        for (classifier, name), files in predictions.items()
    ]
    pairs = list(product(params.encoders, swept))
    hits = dict(zip(pairs, given.hits, strict=True))
    # Of a source its classes, then all of them, then the pooled images.
    measures = cut(given.measures, dict.fromkeys(pairs, len(params.names) + 2))
    measured = [
        Measured(encoder, source, classes, together, pooled)
        for (encoder, source), (*classes, together, pooled) in measures.items()
    ]
    tables = {
        "guidance": guidance_table(sweeps, hits, trainings, params.names, params.draws),
        "frontier": frontier_table(sweeps, frame(given.variants), frame(given.classes), measured),
    }
    folder = Path(snakemake.output[0]).parent
    for name, table in tables.items():
        made = made_by(snakemake, ["numpy", "pandas"], "draws")
        write_with_csv(table, folder / f"{name}.parquet", made)
