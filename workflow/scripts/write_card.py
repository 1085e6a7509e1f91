"""Write the card of a variant's dataset folder."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.described import frame
    from synthgap.files import replacing
    from synthgap.summary.card import Made, card

    params = snakemake.params
    text = card(
        snakemake.wildcards.variant,
        study=params.study,
        classes=params.classes,
        variants=frame(snakemake.input.variants),
        differences=frame(snakemake.input.differences),
        causes=frame(snakemake.input.causes),
        made=Made(params.facts, params.examples),
    )
    with replacing(snakemake.output[0]) as beside:
        beside.write_text(text, encoding="utf-8")
