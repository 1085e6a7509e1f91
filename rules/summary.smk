"""The study's answer in tables.

Inputs: measures and predictions; for the projections embeddings.
Outputs: summary/variants.parquet (a row a source and encoder), summary/classes.parquet (a row a
class, source and encoder), summary/differences.parquet (a row an encoder, measure and pair of
sources), summary/classifiers.parquet (a row a classifier and training set, in studies that train any),
summary/quoted.parquet (a row an encoder and variant that the paper has too), and the same as CSV;
projections/{encoder}.parquet (a row an image or prompt: where it lies in two dimensions).
Guarantees: every measure has its 95 % interval beside it; each column's metadata says what it is.
"""

SUMMARY_FILES = expand(
    f"{RESULTS}/summary/{{table}}.{{suffix}}",
    table=["variants", "classes", "differences", *(["classifiers"] if STUDY.classifiers else [])],
    suffix=["parquet", "csv"],
)

QUOTED_TABLES = [f"{RESULTS}/summary/quoted.{suffix}" for suffix in ("parquet", "csv")]

PROJECTIONS = expand(f"{RESULTS}/projections/{{encoder}}.parquet", encoder=STUDY.encoders)


def prompted(encoder):
    """The variants whose prompts the encoder embeds."""
    return [variant for variant in STUDY.variants if has_prompts(encoder, variant)]


# On a cluster, not worth an allocation.
localrules:
    compare_quoted,


rule summarise:
    input:
        measures=[
            measures_of(encoder, source) for encoder in STUDY.encoders for source in STUDY.sources
        ],
        predictions=[
            predictions_of(classifier, name)
            for classifier in STUDY.classifiers
            for name in STUDY.training_sets
        ],
    output:
        SUMMARY_FILES,
    log:
        f"{LOGS}/summary.log",
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: needs.joining(CLASSES * len(STUDY.sources) * len(STUDY.encoders))),
    params:
        names={category.class_id: category.name for category in STUDY.classes},
        encoders=list(STUDY.encoders),
        sources=STUDY.sources,
        training_sets={name: STUDY.sources_of(name) for name in STUDY.training_sets},
        seeds={name: spec.seeds for name, spec in STUDY.classifiers.items()},
        classifier=STUDY.headline_classifier,
        draws=STUDY.measures.draws,
        code=code("summarise.py"),
    script:
        "../workflow/scripts/summarise.py"


rule compare_quoted:
    input:
        f"{RESULTS}/summary/variants.parquet",
    output:
        table=QUOTED_TABLES[0],
        csv=QUOTED_TABLES[1],
    log:
        f"{LOGS}/quoted.log",
    conda:
        "../envs/tables.yaml"
    params:
        code=code("compare_quoted.py"),
    script:
        "../workflow/scripts/compare_quoted.py"


rule project_embeddings:
    input:
        images=lambda wildcards: [
            table for source in STUDY.sources for table in embeddings_of(wildcards.encoder, source)
        ],
        prompts=lambda wildcards: [
            prompts_of(wildcards.encoder, variant) for variant in prompted(wildcards.encoder)
        ],
    output:
        f"{RESULTS}/projections/{{encoder}}.parquet",
    log:
        f"{LOGS}/projections/{{encoder}}.log",
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: measuring(len(STUDY.sources))),
    params:
        sources=STUDY.sources,
        variants=lambda wildcards: prompted(wildcards.encoder),
        classes=len(STUDY.class_ids),
        code=code("project_embeddings.py"),
    script:
        "../workflow/scripts/project_embeddings.py"
