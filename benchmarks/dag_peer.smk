"""The jobs and files of config/imagenet-sd15.yaml, as one writes them who says nothing else."""

import re

R = "results/imagenet-sd15"
E = "clip-vit-l14"
CLASSES = [line.split(",")[0] for line in open("classes.csv").read().splitlines()[1:]]
NATURAL = ["natural-train", "natural-val"]
VARIANTS = ["classname", "disamb", "disamb2.5", "promptaug"]
SOURCES = NATURAL + VARIANTS
TRAINED = ["natural-train"] + VARIANTS
TABLES = ["parquet", "csv"]
CHART = ["png", "svg", "pdf", "csv"]
CHARTS = {
    "causes": ["causes"],
    "centroid_distance": ["variants", "classes"],
    "accuracy": ["variants"],
    "accuracy_against_distance": ["variants"],
    "isolation": ["variants"],
    "embedding_classifiers": ["embedding_classifiers"],
}


def tables(kind, *sources):
    return expand(f"{R}/{kind}/{{s}}/{{c}}.parquet", s=sources, c=CLASSES)


def images(*sources):
    return tables("images", *sources)


def embeddings(*sources):
    return tables(f"embeddings/{E}", *sources)


def summary(*names):
    return expand(f"{R}/summary/{{name}}.{{suffix}}", name=names, suffix=TABLES)


def chart(place):
    return [f"{R}/figures/{place}.{suffix}" for suffix in CHART]


def measured(*sources):
    return [
        table
        for s in sources
        for table in (
            *tables(f"measures/{E}", s),
            f"{R}/measures/{E}/{s}.parquet",
            f"{R}/pooled/{E}/{s}.parquet",
        )
    ]


def predictions(*sets):
    return [f"{R}/classifiers/resnetrs152/{name}/seed0/predictions.parquet" for name in sets]


wildcard_constraints:
    c="[^/]+",
    s="|".join(map(re.escape, SOURCES)),
    v="|".join(map(re.escape, VARIANTS)),


rule all:
    input:
        summary(
            "variants",
            "classes",
            "differences",
            "classifiers",
            "quoted",
            "diagnosis",
            "causes",
            "proposals",
            "embedding_classifiers",
            "predictors",
            "agreement",
        ),
        [chart(f"{E}/{name}") for name in (*CHARTS, "cross_accuracy", "projection")],
        [chart(f"classes/{c}") for c in CLASSES],
        summary("quarantine", "leaks", "near_duplicates"),
        f"{R}/report",
        expand(f"{R}/positions/{E}/{{s}}.parquet", s=SOURCES),


rule generate_images:
    output:
        f"{R}/images/{{v}}/{{c}}.parquet",
    script:
        "make.py"


rule read_images:
    output:
        f"{R}/images/{{s}}/{{c}}.parquet",
        f"{R}/quarantine/{{s}}/{{c}}.parquet",
    wildcard_constraints:
        s="natural-train|natural-val",
    script:
        "make.py"


rule embed_prompts:
    output:
        f"{R}/embeddings/{E}/prompts/{{v}}.parquet",
    script:
        "make.py"


rule embed_images:
    input:
        f"{R}/images/{{s}}/{{c}}.parquet",
    output:
        f"{R}/embeddings/{E}/{{s}}/{{c}}.parquet",
    script:
        "make.py"


rule measure_class:
    input:
        f"{R}/embeddings/{E}/{{s}}/{{c}}.parquet",
        f"{R}/embeddings/{E}/natural-train/{{c}}.parquet",
    output:
        f"{R}/measures/{E}/{{s}}/{{c}}.parquet",
    script:
        "make.py"


rule draw_contact_sheet:
    input:
        expand(f"{R}/images/{{s}}/{{{{c}}}}.parquet", s=SOURCES),
    output:
        chart("classes/{c}"),
    script:
        "make.py"


rule count_copies:
    input:
        lambda wildcards: images(wildcards.s, *(s for s in NATURAL if s != wildcards.s)),
    output:
        f"{R}/copies/{{s}}.parquet",
    script:
        "make.py"


rule join_copies:
    input:
        expand(f"{R}/copies/{{s}}.parquet", s=SOURCES),
    output:
        summary("copies"),
    script:
        "make.py"


rule count_flags:
    input:
        images(*SOURCES),
    output:
        summary("flags"),
    script:
        "make.py"


rule join_quarantine:
    input:
        images(*NATURAL),
        tables("quarantine", *NATURAL),
    output:
        summary("quarantine"),
    script:
        "make.py"


rule train_classifier:
    input:
        lambda wildcards: images(wildcards.t.replace("natural", NATURAL[0]), "natural-val"),
    output:
        multiext(
            f"{R}/classifiers/resnetrs152/{{t}}/seed0/",
            "weights.safetensors",
            "history.parquet",
            "predictions.parquet",
        ),
    script:
        "make.py"


rule measure_source:
    input:
        lambda wildcards: embeddings(wildcards.s, *NATURAL[::-1]),
        lambda wildcards: [
            f"{R}/embeddings/{E}/prompts/{wildcards.s}.parquet"
            for _ in range(wildcards.s in VARIANTS)
        ],
    output:
        f"{R}/measures/{E}/{{s}}.parquet",
    script:
        "make.py"


rule diagnose_variant:
    input:
        lambda wildcards: embeddings(wildcards.v, *NATURAL),
        f"{R}/embeddings/{E}/prompts/{{v}}.parquet",
    output:
        f"{R}/diagnosis/{E}/{{v}}.parquet",
    script:
        "make.py"


rule join_diagnoses:
    input:
        expand(f"{R}/diagnosis/{E}/{{v}}.parquet", v=VARIANTS),
    output:
        summary("diagnosis"),
    script:
        "make.py"


rule count_causes:
    input:
        f"{R}/summary/diagnosis.parquet",
    output:
        summary("causes"),
    script:
        "make.py"


rule propose_changes:
    input:
        f"{R}/summary/diagnosis.parquet",
    output:
        summary("proposals"),
    script:
        "make.py"


rule measure_pooled:
    input:
        lambda wildcards: embeddings(wildcards.s, "natural-train"),
    output:
        f"{R}/pooled/{E}/{{s}}.parquet",
    script:
        "make.py"


rule place_images:
    input:
        lambda wildcards: embeddings(wildcards.s, "natural-train"),
    output:
        f"{R}/positions/{E}/{{s}}.parquet",
    script:
        "make.py"


rule measure_cross_accuracy:
    input:
        embeddings(*SOURCES),
    output:
        f"{R}/measures/{E}.parquet",
    script:
        "make.py"


rule measure_embedding_classifiers:
    input:
        lambda wildcards: embeddings(wildcards.s, "natural-val"),
    output:
        f"{R}/embedding_classifiers/{E}/{{s}}.parquet",
    script:
        "make.py"


rule summarise_embedding_classifiers:
    input:
        expand(f"{R}/embedding_classifiers/{E}/{{s}}.parquet", s=TRAINED),
    output:
        summary("embedding_classifiers"),
    script:
        "make.py"


rule project_embeddings:
    input:
        embeddings(*SOURCES),
        expand(f"{R}/embeddings/{E}/prompts/{{v}}.parquet", v=VARIANTS),
    output:
        f"{R}/projections/{E}.parquet",
    script:
        "make.py"


rule find_natural_twins:
    input:
        embeddings("natural-train"),
        images("natural-train"),
    output:
        f"{R}/leaks/thresholds.parquet",
        f"{R}/leaks/natural-train.parquet",
    script:
        "make.py"


rule find_leaks:
    input:
        lambda wildcards: embeddings(wildcards.s, "natural-train"),
        lambda wildcards: images(wildcards.s, "natural-train"),
        f"{R}/leaks/thresholds.parquet",
    output:
        f"{R}/leaks/{{s}}.parquet",
    wildcard_constraints:
        s="|".join(map(re.escape, SOURCES[1:])),
    script:
        "make.py"


rule join_leaks:
    input:
        expand(f"{R}/leaks/{{s}}.parquet", s=SOURCES),
        f"{R}/leaks/thresholds.parquet",
        images(*SOURCES),
    output:
        summary("leaks", "near_duplicates"),
    script:
        "make.py"


rule summarise:
    input:
        measured(*SOURCES),
        predictions("natural", *VARIANTS),
    output:
        summary("variants", "classes", "differences", "classifiers"),
    script:
        "make.py"


rule rank_predictors:
    input:
        measured(*VARIANTS),
        predictions(*VARIANTS),
    output:
        summary("predictors"),
    script:
        "make.py"


rule compare_orders:
    input:
        measured(*VARIANTS),
        predictions(*VARIANTS),
    output:
        summary("agreement"),
    script:
        "make.py"


rule compare_quoted:
    input:
        f"{R}/summary/variants.parquet",
    output:
        summary("quoted"),
    script:
        "make.py"


for name, shown in CHARTS.items():

    rule:
        name:
            f"draw_{name}"
        input:
            [f"{R}/summary/{table}.parquet" for table in shown],
        output:
            chart(f"{E}/{name}"),
        script:
            "make.py"


rule draw_projection:
    input:
        f"{R}/projections/{E}.parquet",
    output:
        chart(f"{E}/projection"),
    script:
        "make.py"


rule draw_cross_accuracy:
    input:
        f"{R}/measures/{E}.parquet",
    output:
        chart(f"{E}/cross_accuracy"),
    script:
        "make.py"


rule write_report:
    input:
        expand(
            f"{R}/summary/{{name}}.parquet",
            name=[
                "variants",
                "classes",
                "differences",
                "diagnosis",
                "causes",
                "copies",
                "flags",
                "proposals",
                "embedding_classifiers",
                "predictors",
                "quarantine",
                "quoted",
                "leaks",
                "near_duplicates",
            ],
        ),
        f"{R}/projections/{E}.parquet",
        expand(f"{R}/positions/{E}/{{s}}.parquet", s=TRAINED),
        [f"{R}/figures/{E}/{name}.svg" for name in (*CHARTS, "cross_accuracy", "projection")],
        f"{R}/pooled/{E}/natural-train.parquet",
        embeddings("natural-train")[0],
        images(*SOURCES),
        predictions("natural", *VARIANTS),
    output:
        directory(f"{R}/report"),
    script:
        "make.py"
