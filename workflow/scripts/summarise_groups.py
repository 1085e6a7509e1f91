"""Say of each group of classes what the study says of all."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from itertools import product
    from pathlib import Path

    from synthgap.provenance import made_by
    from synthgap.summary.groups import groups_tables
    from synthgap.summary.listed_files import measured_of, trainings_of
    from synthgap.tables import read, write_with_csv

    given, params = snakemake.input, snakemake.params
    cells = list(product(params.encoders, params.sources))
    found = groups_tables(
        measured_of(given.measures, params.encoders, params.sources, params.classes),
        dict(zip(cells, given.scores, strict=True)),
        trainings_of(given.predictions, params.seeds, params.training_sets),
        params.classifier,
        read(given.diagnosis).to_pandas(),
        params.groups,
        params.draws,
    )
    made = made_by(snakemake, ["numpy", "pandas", "scipy"], "classifier", "draws")
    folder = Path(snakemake.output[0]).parent
    for name, table in found._asdict().items():
        write_with_csv(table, folder / f"{name}.parquet", made)
