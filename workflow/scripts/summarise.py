"""Join measures and accuracies into the study's answer."""

from itertools import islice
from pathlib import Path

from synthgap.errors import logging_to
from synthgap.provenance import metadata
from synthgap.summary import (
    Measured,
    Training,
    classes_table,
    classifiers_table,
    variants_table,
)
from synthgap.tables import write_with_csv

with logging_to(snakemake.log[0]):
    params = snakemake.params
    # The rule lists its inputs by encoder, source and class; by classifier, training set and seed.
    measures, predictions = iter(snakemake.input.measures), iter(snakemake.input.predictions)
    measured = [
        Measured(encoder, source, list(islice(measures, len(params.names))), next(measures))
        for encoder in params.encoders
        for source in params.sources
    ]
    trainings = [
        Training(classifier, name, tuple(sources), list(islice(predictions, len(seeds))))
        for classifier, seeds in params.seeds.items()
        for name, sources in params.training_sets.items()
    ]
    made = metadata(
        snakemake.config["study"],
        params.code,
        ["numpy", "pandas", "scipy"],
        classifier=params.classifier,
        draws=params.draws,
    )
    tables = {
        "variants": variants_table(measured, trainings, params.classifier, params.draws),
        "classes": classes_table(measured, trainings, params.classifier, params.names),
    }
    if trainings:
        tables["classifiers"] = classifiers_table(trainings, params.draws)
    folder = Path(snakemake.output[0]).parent
    for name, table in tables.items():
        write_with_csv(table, folder / f"{name}.parquet", made)
