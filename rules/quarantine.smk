"""What was put aside when images were read, over all sources.

Inputs: image tables and quarantine tables.
Outputs: summary/quarantine.parquet and CSV, a row a file or image; figures/quarantine.html.
Guarantees: no source has a class with more unreadable images than its `max_unreadable`.
"""

QUARANTINE_TABLES = [f"{RESULTS}/summary/quarantine.{suffix}" for suffix in ("parquet", "csv")]

QUARANTINE_FILES = [*QUARANTINE_TABLES, f"{RESULTS}/figures/quarantine.html"]


# On a cluster, not worth an allocation.
localrules:
    write_quarantine,


rule join_quarantine:
    input:
        images=[images_of(source) for source in READ],
        quarantine=[quarantine_of(source) for source in READ],
    output:
        table=f"{RESULTS}/summary/quarantine.parquet",
        csv=f"{RESULTS}/summary/quarantine.csv",
    log:
        f"{LOGS}/quarantine.log",
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: needs.joining(2 * CLASSES * len(READ))),
    params:
        max_unreadable={source: STUDY.max_unreadable(source) for source in READ},
        code=code("join_quarantine.py"),
    script:
        "../workflow/scripts/join_quarantine.py"


rule write_quarantine:
    input:
        aside=f"{RESULTS}/summary/quarantine.parquet",
        templates=templates("quarantine"),
    output:
        report(
            f"{RESULTS}/figures/quarantine.html",
            caption="../workflow/report/quarantine.rst",
            category="Answer",
            labels={"what": "images put aside"},
        ),
    log:
        f"{LOGS}/figures/quarantine.log",
    conda:
        "../envs/tables.yaml"
    params:
        sources=READ,
        code=code("write_quarantine.py"),
    script:
        "../workflow/scripts/write_quarantine.py"
