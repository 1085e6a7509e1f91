"""Diagnosis: which classes of which variant have which of the four defects.

Inputs: embeddings of a variant, of both natural sets and of the variant's prompts.
Outputs: diagnosis/{encoder}/{variant}.parquet; summary/diagnosis.parquet and CSV, a row an encoder,
variant, class and cause; summary/causes.parquet and CSV, how many classes have each, a row an encoder,
variant and cause; figures/{encoder}/causes.*, which figures.smk lists.
Guarantees: thresholds come from random partings of source and natural images, at a stated
false-discovery rate over classes; a new variant leaves the diagnosis of the others as it is.
"""

DIAGNOSIS_TABLES = expand(
    f"{RESULTS}/summary/{{table}}.{{suffix}}",
    table=["diagnosis", "causes"],
    suffix=["parquet", "csv"],
)


def diagnosis_of(encoder, variant):
    return f"{home(variant, encoder=encoder)}/diagnosis/{encoder}/{variant}.parquet"


rule diagnose_variant:
    input:
        images=lambda wildcards: embeddings_of(wildcards.encoder, wildcards.variant),
        train=lambda wildcards: embeddings_of(wildcards.encoder, NATURAL_TRAIN),
        val=lambda wildcards: embeddings_of(wildcards.encoder, NATURAL_VAL),
        prompts=lambda wildcards: (
            prompts_of(wildcards.encoder, wildcards.variant)
            if has_prompts(wildcards.encoder, wildcards.variant)
            else []
        ),
    output:
        f"{RESULTS}/diagnosis/{{encoder}}/{{variant}}.parquet",
    log:
        f"{LOGS}/diagnosis/{{encoder}}/{{variant}}.log",
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: measuring(3)),
    params:
        names={category.class_id: category.name for category in STUDY.classes},
        n=STUDY.measures.n,
        draws=STUDY.measures.draws,
        embeds_text=by_encoder(lambda encoder: encoder.embeds_text),
        code=code("diagnose_variant.py"),
    script:
        "../workflow/scripts/diagnose_variant.py"


rule join_diagnoses:
    input:
        [diagnosis_of(encoder, variant) for encoder in STUDY.encoders for variant in STUDY.variants],
    output:
        [f"{RESULTS}/summary/diagnosis.{suffix}" for suffix in ("parquet", "csv")],
    log:
        f"{LOGS}/diagnosis.log",
    # On a cluster, not worth an allocation.
    localrule: True
    conda:
        "../envs/tables.yaml"
    params:
        code=code("join_diagnoses.py"),
    script:
        "../workflow/scripts/join_diagnoses.py"


rule count_causes:
    input:
        f"{RESULTS}/summary/diagnosis.parquet",
    output:
        table=f"{RESULTS}/summary/causes.parquet",
        csv=f"{RESULTS}/summary/causes.csv",
    log:
        f"{LOGS}/causes.log",
    # On a cluster, not worth an allocation.
    localrule: True
    conda:
        "../envs/tables.yaml"
    params:
        code=code("count_causes.py"),
    script:
        "../workflow/scripts/count_causes.py"


rule draw_causes:
    input:
        causes=f"{RESULTS}/summary/causes.parquet",
    output:
        **chart_of_encoder("causes", "classes with each defect"),
    log:
        f"{LOGS}/figures/{{encoder}}/causes.log",
    localrule: True
    conda:
        "../envs/tables.yaml"
    params:
        **chart("causes"),
    script:
        "../workflow/scripts/draw_chart.py"
