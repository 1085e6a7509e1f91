"""What others open; made when asked for: `export`, `export_{variant}`, `points`.

Inputs: image tables, summaries; for the points projections, embeddings and positions.
Outputs: export/{variant}/README.md and export/{variant}/data/train-*.parquet, a Hugging Face dataset
folder; points/{encoder}/{source}.parquet, a row an image that the map shows, with its picture.
Guarantees: images are as they were made or found, byte for byte; no file names a place on this machine;
the same tables make the same bytes.
"""

from synthgap.study import made


def dataset_folder_of(variant):
    return [f"{RESULTS}/export/{variant}/{part}" for part in ("README.md", "data")]


def points_of(encoder, source):
    return f"{RESULTS}/points/{encoder}/{source}.parquet"


def names_of_classes():
    return {category.class_id: category.name for category in STUDY.classes}


# On a cluster, not worth an allocation.
localrules:
    write_card,


rule write_card:
    input:
        variants=f"{RESULTS}/summary/variants.parquet",
        differences=f"{RESULTS}/summary/differences.parquet",
        causes=f"{RESULTS}/summary/causes.parquet",
        leaks=LEAK_TABLES[0],
        replicates=REPLICATE_TABLES[::2],
    output:
        f"{RESULTS}/export/{{variant}}/README.md",
    log:
        f"{LOGS}/export/{{variant}}/README.log",
    conda:
        "../envs/tables.yaml"
    params:
        study=STUDY.study,
        classes=CLASSES,
        facts=lambda wildcards: made.facts(STUDY, wildcards.variant),
        examples=lambda wildcards: made.examples(STUDY, wildcards.variant),
        code=code("write_card.py"),
    script:
        "../workflow/scripts/write_card.py"


rule write_dataset_images:
    input:
        lambda wildcards: images_of(wildcards.variant),
    output:
        # How many files there are, the job finds out.
        directory(f"{RESULTS}/export/{{variant}}/data"),
    log:
        f"{LOGS}/export/{{variant}}/data.log",
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: needs.reading(CLASSES * IMAGES)),
    params:
        # Of a function's text Snakemake takes nothing for a wildcard.
        classes=lambda wildcards: class_names(),
        code=code("write_dataset_images.py"),
    script:
        "../workflow/scripts/write_dataset_images.py"


rule write_points:
    input:
        projection=f"{RESULTS}/projections/{{encoder}}.parquet",
        images=lambda wildcards: images_of(wildcards.source),
        embeddings=lambda wildcards: embeddings_of(wildcards.encoder, wildcards.source),
        positions=f"{RESULTS}/positions/{{encoder}}/{{source}}.parquet",
        diagnosis=f"{RESULTS}/summary/diagnosis.parquet",
    output:
        f"{RESULTS}/points/{{encoder}}/{{source}}.parquet",
    log:
        f"{LOGS}/points/{{encoder}}/{{source}}.log",
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: needs.reading(min(50 * CLASSES, max(5_000, CLASSES)))),
    params:
        classes=lambda wildcards: names_of_classes(),
        code=code("write_points.py"),
    script:
        "../workflow/scripts/write_points.py"
