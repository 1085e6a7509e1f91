"""Propose what to try next of each class that has a defect."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.provenance import made_by
    from synthgap.summary.changes import changeable
    from synthgap.summary.proposals import Command, proposals_table
    from synthgap.tables import read, write_with_csv

    given, params = snakemake.input, snakemake.params
    table = proposals_table(
        read(given.diagnosis).to_pandas(),
        changeable(params.study, params.folders, params.captioned, given.prompts),
        Command(params.command, params.results, params.encoder, params.classifier, params.seed),
    )
    write_with_csv(table, snakemake.output.table, made_by(snakemake, ["pandas"], "encoder"))
