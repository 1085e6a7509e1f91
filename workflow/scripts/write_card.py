"""Write the card of a variant's dataset folder."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.described import frame
    from synthgap.files import replacing
    from synthgap.summary.card import Made, card
    from synthgap.summary.over_replicates import Answer, over_replicates

    params, given = snakemake.params, snakemake.input
    answer = Answer(*map(frame, (given.variants, given.differences, given.causes)))
    if given.replicates:
        answer = over_replicates(answer, *map(frame, given.replicates))
    text = card(
        snakemake.wildcards.variant,
        study=params.study,
        classes=params.classes,
        **answer._asdict(),
        leaks=frame(given.leaks),
        made=Made(params.facts, params.examples),
    )
    with replacing(snakemake.output[0]) as beside:
        beside.write_text(text, encoding="utf-8")
