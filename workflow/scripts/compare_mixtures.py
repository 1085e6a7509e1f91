"""Say what synthetic images add to natural ones, and how many of these one is worth."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    import pyarrow.parquet as pq

    from synthgap.flat_inputs import cut
    from synthgap.provenance import made_by
    from synthgap.summary.classifiers import Training
    from synthgap.summary.mixtures import Taken, mixtures_table
    from synthgap.tables import write_with_csv

    given, params = snakemake.input, snakemake.params
    # Of sources that are taken as a whole, how many images a class there are.
    whole = {
        source: sum(pq.read_metadata(table).num_rows for table in tables) / params.classes
        for source, tables in cut(given.images, dict.fromkeys(params.whole, params.classes)).items()
    }
    predictions = cut(
        given.predictions,
        {
            (classifier, name): len(seeds)
            for classifier, seeds in params.seeds.items()
            for name in params.seen
        },
    )
    trainings = [
        Training(classifier, name, tuple(params.seen[name]), files)
        for (classifier, name), files in predictions.items()
    ]
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
