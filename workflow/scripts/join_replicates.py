"""Join the replicates of a study into what they say together."""

from synthgap.jobs.job import job


def _parts(files: list[str]) -> tuple[list[str], str, str]:
    *classes, together, pooled = files
    return classes, together, pooled


@job(snakemake)
def work() -> None:
    from itertools import product

    from synthgap.described import frame
    from synthgap.flat_inputs import cut
    from synthgap.provenance import made_by
    from synthgap.summary.classifiers import Training
    from synthgap.summary.measured import Measured
    from synthgap.summary.replicates import replicated_defects_table, replicates_table
    from synthgap.tables import write_with_csv

    params = snakemake.params
    numbers = range(params.replicates)
    # The rule lists its inputs by encoder, source, replicate and class, the table of all classes
    # and that of the pooled images last; by classifier, training set, replicate and seed.
    measures = cut(
        snakemake.input.measures,
        dict.fromkeys(product(params.encoders, params.sources, numbers), params.classes + 2),
    )
    predictions = cut(
        snakemake.input.predictions,
        {
            (classifier, name, number): len(seeds)
            for classifier, seeds in params.seeds.items()
            for name in params.training_sets
            for number in numbers
        },
    )
    table = replicates_table(
        [
            [
                Measured(encoder, source, *_parts(measures[encoder, source, number]))
                for encoder, source in product(params.encoders, params.sources)
            ]
            for number in numbers
        ],
        [
            [
                Training(
                    classifier,
                    name,
                    tuple(params.training_sets[name]),
                    predictions[classifier, name, number],
                )
                for classifier, name in product(params.seeds, params.training_sets)
            ]
            for number in numbers
        ],
        params.unit,
        params.draws,
    )
    defects = replicated_defects_table(
        [frame(path) for path in snakemake.input.diagnosis], params.unit
    )
    made = made_by(snakemake, ["numpy", "pandas", "scipy"], "replicates", "draws")
    for joined, path in zip((table, defects), snakemake.output[::2], strict=True):
        write_with_csv(joined, path, made)
