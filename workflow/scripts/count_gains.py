"""Say what variants that are made of others gain, and which variant each class takes."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from pathlib import Path

    from synthgap.provenance import made_by
    from synthgap.summary.gains import gains_table
    from synthgap.tables import concatenate, read, write_with_csv

    given, params = snakemake.input, snakemake.params
    variants = read(given.variants, ["source", "images"]).to_pandas()
    made = made_by(snakemake, ["pandas"], "baseline")
    table = gains_table(
        read(given.differences).to_pandas(),
        dict(zip(variants["source"], variants["images"], strict=True)),
        params.origins,
        params.steps,
        params.baseline,
        params.controls,
    )
    gains = Path(snakemake.output[0])
    write_with_csv(table, gains, made)
    if given.choices:
        write_with_csv(concatenate(given.choices), gains.with_name("choices.parquet"), made)
