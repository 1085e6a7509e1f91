"""Write the report: one page, the data behind it and its pictures."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from pathlib import Path

    from synthgap.report.facts import Class, Facts, Variant
    from synthgap.report.folder import write_report
    from synthgap.report.inputs import Inputs
    from synthgap.summary.card import Made
    from synthgap.summary.said_of_leaks import VAL

    given, params = snakemake.input, snakemake.params
    facts = Facts(
        **params.facts
        | {
            "classes": [Class(*each) for each in params.facts["classes"]],
            "variants": [Variant(*each, Made(*how)) for *each, how in params.facts["variants"]],
        }
    )
    cells = [(source, class_id) for source in facts.sources for class_id in facts.class_ids]
    validation = [(VAL, class_id) for class_id in facts.class_ids]
    write_report(
        snakemake.output[0],
        facts,
        Inputs(
            summary=Path(given.variants).parent,
            projection=Path(given.projection),
            places={
                source: Path(table)
                for source, table in zip(facts.sources, given.places, strict=True)
            },
            images=dict(
                zip([*cells, *validation], [*given.images, *given.validation], strict=True)
            ),
            charts={Path(chart).stem: Path(chart) for chart in given.charts},
            made_by=dict(zip(params.made_by, given.made_by, strict=True)),
            read_sources=params.read_sources,
            checkout=Path(params.checkout),
            results=str(Path(snakemake.output[0]).parent),
            encoders=Path(given.encoders[0]) if given.encoders else None,
            replicated=params.replicated,
        ),
        snakemake.threads,
    )
