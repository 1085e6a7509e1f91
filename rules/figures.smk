"""Figures, all of them part of the report.

Inputs: summaries, projections and image tables.
Outputs: figures/{encoder}/*, figures/classes/*: each chart as PNG, SVG and PDF, and as CSV the data
that it shows.
Guarantees: a figure shows what stands in a table. It may count rows and add them up, and computes
nothing else. The same tables make the same bytes.
"""

from collections import Counter


def class_names():
    """Of each class its name; where several are called the same, as homonyms are, with its id."""
    counts = Counter(category.name for category in STUDY.classes)
    return {
        category.class_id: (
            category.name
            if counts[category.name] == 1
            else f"{category.name} ({category.class_id})"
        )
        for category in STUDY.classes
    }


def class_title(wildcards):
    category = STUDY.category(wildcards.class_id)
    return f"{category.class_id}: {category.name}" + (
        f", {category.definition}" if category.definition else ""
    )


def class_labels(wildcards):
    return {
        "class": wildcards.class_id,
        "name": snakemake_report.label(STUDY.category(wildcards.class_id).name),
    }


rule draw_centroid_distance:
    input:
        variants=f"{RESULTS}/summary/variants.parquet",
        classes=f"{RESULTS}/summary/classes.parquet",
    output:
        **chart_of_encoder("centroid_distance", "diversity"),
    log:
        f"{LOGS}/figures/{{encoder}}/centroid_distance.log",
    localrule: True
    conda:
        "../envs/tables.yaml"
    params:
        **chart("centroid_distance"),
    script:
        "../workflow/scripts/draw_chart.py"


rule draw_accuracy:
    input:
        variants=f"{RESULTS}/summary/variants.parquet",
    output:
        **chart_of_encoder("accuracy", "accuracy"),
    log:
        f"{LOGS}/figures/{{encoder}}/accuracy.log",
    localrule: True
    conda:
        "../envs/tables.yaml"
    params:
        **chart("accuracy"),
    script:
        "../workflow/scripts/draw_chart.py"


rule draw_accuracy_against_distance:
    input:
        variants=f"{RESULTS}/summary/variants.parquet",
    output:
        **chart_of_encoder("accuracy_against_distance", "accuracy against diversity"),
    log:
        f"{LOGS}/figures/{{encoder}}/accuracy_against_distance.log",
    localrule: True
    conda:
        "../envs/tables.yaml"
    params:
        **chart("accuracy_against_distance"),
    script:
        "../workflow/scripts/draw_chart.py"


rule draw_cross_accuracy:
    input:
        cross=f"{RESULTS}/measures/{{encoder}}.parquet",
    output:
        **chart_of_encoder("cross_accuracy", "cross accuracy"),
    log:
        f"{LOGS}/figures/{{encoder}}/cross_accuracy.log",
    localrule: True
    conda:
        "../envs/tables.yaml"
    params:
        **chart("cross_accuracy"),
    script:
        "../workflow/scripts/draw_chart.py"


rule draw_isolation:
    input:
        variants=f"{RESULTS}/summary/variants.parquet",
    output:
        **chart_of_encoder("isolation", "isolation of shift and diversity"),
    log:
        f"{LOGS}/figures/{{encoder}}/isolation.log",
    localrule: True
    conda:
        "../envs/tables.yaml"
    params:
        **chart("isolation"),
    script:
        "../workflow/scripts/draw_chart.py"


rule draw_embedding_classifiers:
    input:
        accuracies=f"{RESULTS}/summary/embedding_classifiers.parquet",
    output:
        **chart_of_encoder("embedding_classifiers", "classifiers on embeddings"),
    log:
        f"{LOGS}/figures/{{encoder}}/embedding_classifiers.log",
    localrule: True
    conda:
        "../envs/tables.yaml"
    params:
        **chart("embedding_classifiers"),
    script:
        "../workflow/scripts/draw_chart.py"


rule draw_projection:
    input:
        points=f"{RESULTS}/projections/{{encoder}}.parquet",
    output:
        **chart_of_encoder("projection", "map of the embeddings"),
    log:
        f"{LOGS}/figures/{{encoder}}/projection.log",
    localrule: True
    conda:
        "../envs/tables.yaml"
    params:
        **chart("projection", names=class_names()),
    script:
        "../workflow/scripts/draw_chart.py"


rule draw_contact_sheet:
    input:
        [f"{RESULTS}/images/{source}/{{class_id}}.parquet" for source in STUDY.sources],
    output:
        **chart_files(
            f"{RESULTS}/figures/classes/{{class_id}}", "contact_sheet", "Classes", class_labels
        ),
    log:
        f"{LOGS}/figures/classes/{{class_id}}.log",
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: needs.reading(len(STUDY.sources) * STUDY.report.images_per_class)),
    params:
        title=class_title,
        sources=STUDY.sources,
        images_per_class=STUDY.report.images_per_class,
        code=code("draw_contact_sheet.py"),
    script:
        "../workflow/scripts/draw_contact_sheet.py"


# Behind the rules, which say what charts there are.
FIGURE_FILES = [
    *expand(
        f"{RESULTS}/figures/{{encoder}}/{{chart}}.{{kind}}",
        encoder=STUDY.encoders,
        chart=CHARTS,
        kind=CHART_FILES,
    ),
    *expand(
        f"{RESULTS}/figures/classes/{{class_id}}.{{kind}}",
        class_id=STUDY.class_ids,
        kind=CHART_FILES,
    ),
]
