"""Join measures and accuracies into the study's answer."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from itertools import product
    from pathlib import Path

    from synthgap.flat_inputs import cut
    from synthgap.provenance import made_by
    from synthgap.summary.classes import classes_table
    from synthgap.summary.classifiers import Training, classifiers_table
    from synthgap.summary.differences import differences_table
    from synthgap.summary.measured import Measured
    from synthgap.summary.variants import variants_table
    from synthgap.tables import write_with_csv

    params = snakemake.params
    # The rule lists its inputs by encoder, source and class, the table of all classes and that of
    # the pooled images last; by classifier, training set and seed.
    measures = cut(
        snakemake.input.measures,
        dict.fromkeys(product(params.encoders, params.sources), len(params.names) + 2),
    )
    measured = [
        Measured(encoder, source, classes, together, pooled)
        for (encoder, source), (*classes, together, pooled) in measures.items()
    ]
    predictions = cut(
        snakemake.input.predictions,
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
    made = made_by(snakemake, ["numpy", "pandas", "scipy"], "classifier", "draws")
    tables = {
        "variants": variants_table(measured, trainings, params.classifier, params.draws),
        "classes": classes_table(measured, trainings, params.classifier, params.names),
        "differences": differences_table(measured, trainings, params.draws),
    }
    if trainings:
        tables["classifiers"] = classifiers_table(trainings, params.draws)
    folder = Path(snakemake.output[0]).parent
    for name, table in tables.items():
        write_with_csv(table, folder / f"{name}.parquet", made)
