"""Put encoders side by side."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from itertools import product

    from synthgap.flat_inputs import cut
    from synthgap.provenance import made_by
    from synthgap.summary.encoders import encoders_table
    from synthgap.summary.measured import Measured
    from synthgap.tables import write_with_csv

    params = snakemake.params
    # The rule lists its inputs by encoder, source and class, the table of all classes and that of
    # the pooled images last.
    measures = cut(
        snakemake.input.measures,
        dict.fromkeys(product(params.encoders, params.sources), params.classes + 2),
    )
    write_with_csv(
        encoders_table(
            [
                Measured(encoder, source, classes, together, pooled)
                for (encoder, source), (*classes, together, pooled) in measures.items()
            ],
            dict(zip(params.prompted, snakemake.input.zero_shot, strict=True)),
            natural=params.natural,
            reference=params.reference,
            first=params.first,
        ),
        snakemake.output.table,
        made_by(snakemake, ["numpy", "pandas"], "first"),
    )
