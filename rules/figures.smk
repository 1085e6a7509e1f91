"""Figures and pages, all of them part of the report.

Inputs: summaries, projections and image tables; the templates of the pages.
Outputs: figures/answer.html, figures/quoted.html, figures/measures.html, figures/flags.html,
figures/embedding_classifiers.html, figures/{encoder}/*, figures/classes/*: each chart as PNG, SVG and
PDF, and as CSV the data that it shows.
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


# On a cluster, not worth an allocation.
localrules:
    write_answer,
    write_quoted,
    write_measures,
    write_flags,
    write_embedding_classifiers,


rule write_answer:
    input:
        variants=f"{RESULTS}/summary/variants.parquet",
        copies=f"{RESULTS}/summary/copies.parquet",
        templates=templates("answer"),
    output:
        report(
            f"{RESULTS}/figures/answer.html",
            caption="../workflow/report/answer.rst",
            category="Answer",
            labels={"what": "headline table"},
        ),
    log:
        f"{LOGS}/figures/answer.log",
    conda:
        "../envs/tables.yaml"
    params:
        study=STUDY.study,
        # Of a function's text Snakemake takes nothing for a wildcard.
        description=lambda wildcards: STUDY.description,
        code=code("write_answer.py"),
    script:
        "../workflow/scripts/write_answer.py"


rule write_quoted:
    input:
        variants=f"{RESULTS}/summary/variants.parquet",
        quoted=f"{RESULTS}/summary/quoted.parquet",
        templates=templates("quoted"),
    output:
        report(
            f"{RESULTS}/figures/quoted.html",
            caption="../workflow/report/quoted.rst",
            category="Answer",
            labels={"what": "quoted, our reading, ours"},
        ),
    log:
        f"{LOGS}/figures/quoted.log",
    conda:
        "../envs/tables.yaml"
    params:
        encoder=STUDY.headline_encoder,
        code=code("write_quoted.py"),
    script:
        "../workflow/scripts/write_quoted.py"


rule write_measures:
    input:
        variants=f"{RESULTS}/summary/variants.parquet",
        templates=templates("measures"),
    output:
        report(
            f"{RESULTS}/figures/measures.html",
            caption="../workflow/report/measures.rst",
            category="Answer",
            labels={"what": "all measures"},
        ),
    log:
        f"{LOGS}/figures/measures.log",
    conda:
        "../envs/tables.yaml"
    params:
        code=code("write_measures.py"),
    script:
        "../workflow/scripts/write_measures.py"


rule write_flags:
    input:
        flags=f"{RESULTS}/summary/flags.parquet",
        copies=f"{RESULTS}/summary/copies.parquet",
        templates=templates("flags"),
    output:
        report(
            f"{RESULTS}/figures/flags.html",
            caption="../workflow/report/flags.rst",
            category="Answer",
            labels={"what": "flagged images and copies"},
        ),
    log:
        f"{LOGS}/figures/flags.log",
    conda:
        "../envs/tables.yaml"
    params:
        code=code("write_flags.py"),
    script:
        "../workflow/scripts/write_flags.py"


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


rule write_embedding_classifiers:
    input:
        accuracies=f"{RESULTS}/summary/embedding_classifiers.parquet",
        templates=templates("embedding_classifiers"),
    output:
        report(
            f"{RESULTS}/figures/embedding_classifiers.html",
            caption="../workflow/report/embedding_classifiers_page.rst",
            category="Answer",
            labels={"what": "classifiers on embeddings"},
        ),
    log:
        f"{LOGS}/figures/embedding_classifiers.log",
    conda:
        "../envs/tables.yaml"
    params:
        code=code("write_embedding_classifiers.py"),
    script:
        "../workflow/scripts/write_embedding_classifiers.py"


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
    f"{RESULTS}/figures/answer.html",
    f"{RESULTS}/figures/quoted.html",
    f"{RESULTS}/figures/measures.html",
    f"{RESULTS}/figures/flags.html",
    f"{RESULTS}/figures/embedding_classifiers.html",
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
