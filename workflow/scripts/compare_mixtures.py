"""Say what synthetic images add to natural ones, and how many of these one is worth."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    import pyarrow.parquet as pq

    from synthgap.flat_inputs import cut
    from synthgap.provenance import made_by
    from synthgap.summary.listed_files import trainings_of
    from synthgap.summary.mixtures import Taken, mixtures_table
    from synthgap.tables import write_with_csv

    given, params = snakemake.input, snakemake.params
    # Of sources that are taken as a whole, how many images a class there are.
    whole = {
        source: sum(pq.read_metadata(table).num_rows for table in tables) / params.classes
        for source, tables in cut(given.images, dict.fromkeys(params.whole, params.classes)).items()
    }
    trainings = trainings_of(given.predictions, params.seeds, params.seen)
    taken = {}
    for name, seen in params.seen.items():
        counts = {
            source: whole[source] if count is None else count for source, count in seen.items()
        }
        natural = counts.pop(params.natural, 0)
        taken[name] = Taken(natural, counts, next(iter(params.pretrained_on[name]), None))
    write_with_csv(
        mixtures_table(trainings, taken, params.natural, params.draws),
        snakemake.output.table,
        made_by(snakemake, ["numpy", "scikit-learn"], "draws"),
    )
