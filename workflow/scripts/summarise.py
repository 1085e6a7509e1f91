"""Join measures and accuracies into the study's answer."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from pathlib import Path

    from synthgap.provenance import made_by
    from synthgap.summary.classes import classes_table
    from synthgap.summary.classifiers import classifiers_table
    from synthgap.summary.differences import differences_table
    from synthgap.summary.listed_files import measured_of, trainings_of
    from synthgap.summary.variants import variants_table
    from synthgap.tables import write_with_csv

    given, params = snakemake.input, snakemake.params
    measured = measured_of(given.measures, params.encoders, params.sources, len(params.names))
    trainings = trainings_of(given.predictions, params.seeds, params.training_sets)
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
