"""Variants that are made of others: images that are kept of one, or the best of several.

Inputs: image tables, embeddings of images and prompts, positions.
Outputs: derived/{variant}.parquet (a row an image: whether it is kept, and by what); of selected
variants choices/{variant}.parquet (a row a class and variant: the numbers that chose);
images/{variant}/{class_id}.parquet and embeddings/{encoder}/{variant}/{class_id}.parquet, rows of the
sources' tables; embeddings/{encoder}/prompts/{variant}.parquet, of each class its source's prompts.
Guarantees: no image is copied and none embedded again; natural-val decides nothing; the same tables
choose the same images.
"""

FILTERED = [name for name in STUDY.derived if STUDY.variants[name].filtered is not None]
SELECTED = [name for name in STUDY.derived if name not in FILTERED]


def parents_of(variant):
    return list(STUDY.variants[variant].parents)


def origin_of(variant):
    return f"{RESULTS}/derived/{variant}.parquet"


def filter_of(variant):
    return STUDY.variants[variant].filtered


def filter_input(wildcards):
    spec, encoder = filter_of(wildcards.variant), STUDY.deciding_encoder(wildcards.variant)
    return {
        "positions": positions_of(encoder, spec.of),
        "images": embeddings_of(encoder, spec.of),
        "natural": embeddings_of(encoder, NATURAL_TRAIN) if spec.by == "both-sides" else [],
        "prompts": prompts_of(encoder, spec.of) if spec.by == "adherence" else [],
    }


def taken_from(file):
    """Of each variant that a derived one may take images of its file, in their order.

    `file` gives it, by the variant and the wildcards of the job.
    """
    return lambda wildcards: [file(parent, wildcards) for parent in parents_of(wildcards.variant)]


def image_table(source, wildcards):
    return f"{home(source)}/images/{source}/{wildcards.class_id}.parquet"


def embedding_table(source, wildcards):
    folder = home(source, encoder=wildcards.encoder)
    return f"{folder}/embeddings/{wildcards.encoder}/{source}/{wildcards.class_id}.parquet"


def of_filters(value):
    return by("variant", {name: value(filter_of(name)) for name in FILTERED})


PARENTS = by("variant", {name: parents_of(name) for name in STUDY.derived})

DECIDING_ENCODER = by("variant", {name: STUDY.deciding_encoder(name) for name in STUDY.derived})


rule filter_images:
    input:
        unpack(filter_input),
    output:
        f"{RESULTS}/derived/{{variant}}.parquet",
    log:
        f"{LOGS}/derived/{{variant}}.log",
    wildcard_constraints:
        variant=one_of(FILTERED),
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: needs.placing(CLASSES, IMAGES)),
    params:
        class_ids=STUDY.class_ids,
        of=of_filters(lambda spec: spec.of),
        by=of_filters(lambda spec: spec.by),
        share=of_filters(lambda spec: spec.share),
        # Which tables are read, the inputs say.
        encoder=DECIDING_ENCODER,
        own_prompts=of_filters(lambda spec: STUDY.knows_prompts(spec.of)),
        code=code("filter_images.py"),
    script:
        "../workflow/scripts/filter_images.py"


rule select_variants:
    input:
        images=lambda wildcards: [
            table
            for parent in parents_of(wildcards.variant)
            for table in embeddings_of(STUDY.deciding_encoder(wildcards.variant), parent)
        ],
        natural=lambda wildcards: embeddings_of(
            STUDY.deciding_encoder(wildcards.variant), NATURAL_TRAIN
        ),
    output:
        origin=f"{RESULTS}/derived/{{variant}}.parquet",
        choices=f"{RESULTS}/choices/{{variant}}.parquet",
    log:
        f"{LOGS}/derived/{{variant}}.log",
    wildcard_constraints:
        variant=one_of(SELECTED),
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: needs.placing(CLASSES, IMAGES)),
    params:
        class_ids=STUDY.class_ids,
        among=PARENTS,
        n=STUDY.measures.n,
        encoder=DECIDING_ENCODER,
        code=code("select_variants.py"),
    script:
        "../workflow/scripts/select_variants.py"


rule take_images:
    input:
        origin=f"{RESULTS}/derived/{{variant}}.parquet",
        images=taken_from(image_table),
    output:
        f"{RESULTS}/images/{{variant}}/{{class_id}}.parquet",
    log:
        f"{LOGS}/images/{{variant}}/{{class_id}}.log",
    wildcard_constraints:
        variant=one_of(STUDY.derived),
        class_id=one_of(STUDY.class_ids),
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: needs.joining(len(parents_of(wildcards.variant)))),
    params:
        sources=PARENTS,
        code=code("take_images.py"),
    script:
        "../workflow/scripts/take_images.py"


rule take_embeddings:
    input:
        origin=f"{RESULTS}/derived/{{variant}}.parquet",
        embeddings=taken_from(embedding_table),
    output:
        f"{RESULTS}/embeddings/{{encoder}}/{{variant}}/{{class_id}}.parquet",
    log:
        f"{LOGS}/embeddings/{{encoder}}/{{variant}}/{{class_id}}.log",
    wildcard_constraints:
        variant=one_of(STUDY.derived),
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: needs.joining(len(parents_of(wildcards.variant)))),
    params:
        sources=PARENTS,
        code=code("take_embeddings.py"),
    script:
        "../workflow/scripts/take_embeddings.py"


rule take_prompts:
    input:
        origin=f"{RESULTS}/derived/{{variant}}.parquet",
        prompts=taken_from(lambda source, wildcards: prompts_of(wildcards.encoder, source)),
    output:
        f"{RESULTS}/embeddings/{{encoder}}/prompts/{{variant}}.parquet",
    log:
        f"{LOGS}/embeddings/{{encoder}}/prompts/{{variant}}.log",
    wildcard_constraints:
        variant=one_of(STUDY.derived),
    # On a cluster, not worth an allocation.
    localrule: True
    conda:
        "../envs/tables.yaml"
    params:
        class_ids=STUDY.class_ids,
        sources=PARENTS,
        code=code("take_prompts.py"),
    script:
        "../workflow/scripts/take_prompts.py"
