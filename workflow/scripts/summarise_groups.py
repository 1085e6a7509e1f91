"""Say of each group of classes what the study says of all."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from itertools import product
    from pathlib import Path

    from synthgap.flat_inputs import cut
    from synthgap.provenance import made_by
    from synthgap.summary.classifiers import Training
    from synthgap.summary.groups import groups_tables
    from synthgap.summary.measured import Measured
    from synthgap.tables import read, write_with_csv

    given, params = snakemake.input, snakemake.params
    cells = list(product(params.encoders, params.sources))
    # Of a source its classes, then all of them, then the pooled images.
    measures = cut(given.measures, dict.fromkeys(cells, params.classes + 2))
    predictions = cut(
        given.predictions,
        {
            (classifier, name): len(seeds)
            for classifier, seeds in params.seeds.items()
            for name in params.training_sets
        },
    )
    found = groups_tables(
        [
            Measured(encoder, source, classes, together, pooled)
            for (encoder, source), (*classes, together, pooled) in measures.items()
        ],
        dict(zip(cells, given.scores, strict=True)),
        [
            Training(classifier, name, tuple(params.training_sets[name]), files)
            for (classifier, name), files in predictions.items()
        ],
        params.classifier,
        read(given.diagnosis).to_pandas(),
        params.groups,
        params.draws,
    )
    made = made_by(snakemake, ["numpy", "pandas", "scipy"], "classifier", "draws")
    folder = Path(snakemake.output[0]).parent
    for name, table in found._asdict().items():
        write_with_csv(table, folder / f"{name}.parquet", made)
