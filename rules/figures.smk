"""Figures and pages, all of them part of the report.

Inputs: summaries, projections and image tables; the templates of the pages.
Outputs: figures/answer.html, figures/quoted.html, figures/measures.html, figures/flags.html,
figures/embedding_classifiers.html, figures/{encoder}/*.png, figures/classes/*.png.
Guarantees: a figure shows what stands in a table. It may count rows and add them up, and computes
nothing else.
"""

CHARTS = ["centroid_distance", "accuracy", "accuracy_against_distance", "cross_accuracy"]

FIGURE_FILES = [
    f"{RESULTS}/figures/answer.html",
    f"{RESULTS}/figures/quoted.html",
    f"{RESULTS}/figures/measures.html",
    f"{RESULTS}/figures/flags.html",
    f"{RESULTS}/figures/embedding_classifiers.html",
    *expand(
        f"{RESULTS}/figures/{{encoder}}/{{figure}}.png",
        encoder=STUDY.encoders,
        figure=[*CHARTS, "isolation", "embedding_classifiers", "projection"],
    ),
    *expand(f"{RESULTS}/figures/classes/{{class_id}}.png", class_id=STUDY.class_ids),
]


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
    draw_charts,
    draw_isolation,
    draw_projection,
    draw_embedding_classifiers,
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


rule draw_charts:
    input:
        variants=f"{RESULTS}/summary/variants.parquet",
        classes=f"{RESULTS}/summary/classes.parquet",
        cross=f"{RESULTS}/measures/{{encoder}}.parquet",
    output:
        **{
            chart: report(
                f"{RESULTS}/figures/{{encoder}}/{chart}.png",
                caption=f"../workflow/report/{chart}.rst",
                category="Variants",
                labels={"figure": chart.replace("_", " "), "encoder": "{encoder}"},
            )
            for chart in CHARTS
        },
    log:
        f"{LOGS}/figures/{{encoder}}/charts.log",
    conda:
        "../envs/tables.yaml"
    params:
        code=code("draw_charts.py"),
    script:
        "../workflow/scripts/draw_charts.py"


rule draw_isolation:
    input:
        f"{RESULTS}/summary/variants.parquet",
    output:
        report(
            f"{RESULTS}/figures/{{encoder}}/isolation.png",
            caption="../workflow/report/isolation.rst",
            category="Variants",
            labels={"figure": "isolation of shift and diversity", "encoder": "{encoder}"},
        ),
    log:
        f"{LOGS}/figures/{{encoder}}/isolation.log",
    conda:
        "../envs/tables.yaml"
    params:
        code=code("draw_isolation.py"),
    script:
        "../workflow/scripts/draw_isolation.py"


rule draw_embedding_classifiers:
    input:
        f"{RESULTS}/summary/embedding_classifiers.parquet",
    output:
        report(
            f"{RESULTS}/figures/{{encoder}}/embedding_classifiers.png",
            caption="../workflow/report/embedding_classifiers.rst",
            category="Variants",
            labels={"figure": "classifiers on embeddings", "encoder": "{encoder}"},
        ),
    log:
        f"{LOGS}/figures/{{encoder}}/embedding_classifiers.log",
    conda:
        "../envs/tables.yaml"
    params:
        code=code("draw_embedding_classifiers.py"),
    script:
        "../workflow/scripts/draw_embedding_classifiers.py"


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
        f"{RESULTS}/projections/{{encoder}}.parquet",
    output:
        report(
            f"{RESULTS}/figures/{{encoder}}/projection.png",
            caption="../workflow/report/projection.rst",
            category="Variants",
            labels={"figure": "map of the embeddings", "encoder": "{encoder}"},
        ),
    log:
        f"{LOGS}/figures/{{encoder}}/projection.log",
    conda:
        "../envs/tables.yaml"
    params:
        names={
            category.class_id: f"{category.class_id} {category.name}" for category in STUDY.classes
        },
        code=code("draw_projection.py"),
    script:
        "../workflow/scripts/draw_projection.py"


rule draw_contact_sheet:
    input:
        [f"{RESULTS}/images/{source}/{{class_id}}.parquet" for source in STUDY.sources],
    output:
        report(
            f"{RESULTS}/figures/classes/{{class_id}}.png",
            caption="../workflow/report/contact_sheet.rst",
            category="Classes",
            labels=class_labels,
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
