"""Leaks: images that copy natural-train images without equalling them byte for byte.

Inputs: embeddings by the headline encoder, and image tables.
Outputs: leaks/thresholds.parquet (how alike natural images are), leaks/{source}.parquet (a row an
image: the natural-train image nearest to it, and whether it is a near-duplicate), summary/leaks.parquet
(a row a source) and summary/near_duplicates.parquet (a row a near-duplicate), both also as CSV.
Guarantees: thresholds come from natural-train alone, so that a new variant leaves the others' tables as they
are; beside what was found stands what chance gives.
"""

LEAK_TABLES = expand(
    f"{RESULTS}/summary/{{table}}.{{suffix}}",
    table=["leaks", "near_duplicates"],
    suffix=["parquet", "csv"],
)

# natural-train has a rule of its own.
OTHER_SOURCES = [source for source in STUDY.sources if source != NATURAL_TRAIN]


# On a cluster, not worth an allocation.
localrules:
    join_leaks,


rule find_natural_twins:
    input:
        embeddings=embeddings_of(STUDY.headline_encoder, NATURAL_TRAIN),
        images=images_of(NATURAL_TRAIN),
    output:
        f"{RESULTS}/leaks/thresholds.parquet",
        f"{RESULTS}/leaks/{NATURAL_TRAIN}.parquet",
    log:
        f"{LOGS}/leaks/{NATURAL_TRAIN}.log",
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: needs.hashing_pictures(CLASSES, IMAGES)),
    params:
        code=code("find_natural_twins.py"),
    script:
        "../workflow/scripts/find_natural_twins.py"


rule find_leaks:
    input:
        embeddings=lambda wildcards: embeddings_of(STUDY.headline_encoder, wildcards.source),
        natural_embeddings=embeddings_of(STUDY.headline_encoder, NATURAL_TRAIN),
        images=lambda wildcards: images_of(wildcards.source),
        natural=images_of(NATURAL_TRAIN),
        thresholds=f"{RESULTS}/leaks/thresholds.parquet",
    output:
        f"{RESULTS}/leaks/{{source}}.parquet",
    log:
        f"{LOGS}/leaks/{{source}}.log",
    wildcard_constraints:
        source=one_of(OTHER_SOURCES),
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: needs.hashing_pictures(CLASSES, IMAGES)),
    params:
        code=code("find_leaks.py"),
    script:
        "../workflow/scripts/find_leaks.py"


rule join_leaks:
    input:
        leaks=expand(f"{RESULTS}/leaks/{{source}}.parquet", source=STUDY.sources),
        thresholds=f"{RESULTS}/leaks/thresholds.parquet",
        images=[table for source in STUDY.sources for table in images_of(source)],
    output:
        table=LEAK_TABLES[0],
        csv=LEAK_TABLES[1],
        listed=LEAK_TABLES[2],
        listed_csv=LEAK_TABLES[3],
    log:
        f"{LOGS}/leaks.log",
    conda:
        "../envs/tables.yaml"
    params:
        sources=list(STUDY.sources),
        classes=CLASSES,
        code=code("join_leaks.py"),
    script:
        "../workflow/scripts/join_leaks.py"
