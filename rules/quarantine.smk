"""What was put aside when images were read, over all sources.

Inputs: image tables and quarantine tables.
Outputs: summary/quarantine.parquet and CSV, a row a file or image.
Guarantees: no source has a class with more unreadable images than its `max_unreadable`.
"""

QUARANTINE_TABLES = [f"{RESULTS}/summary/quarantine.{suffix}" for suffix in ("parquet", "csv")]


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
