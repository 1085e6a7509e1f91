"""Embeddings of images and prompts.

Inputs: image tables; the models of the encoders.
Outputs: embeddings/{encoder}/{source}/{class_id}.parquet, and for the prompts of a variant
embeddings/{encoder}/prompts/{variant}.parquet.
Guarantees: rows stand in the order of the image table, embeddings have unit length. Neither the
batch size nor `threads` decides an embedding, but for rounding; where a GPU computes, the threads decode
pictures for it.
"""


def embeddings_of(encoder, source):
    return expand(
        f"{home(source, encoder=encoder)}/embeddings/{encoder}/{source}/{{class_id}}.parquet",
        class_id=STUDY.class_ids,
    )


def has_prompts(encoder, variant):
    """Whether the prompts of a variant are embedded: an encoder may embed no texts, and images made
    elsewhere may have no prompts."""
    return STUDY.encoders[encoder].embeds_text and STUDY.variants[variant].prompts is not None


def prompts_of(encoder, variant):
    return f"{home(encoder=encoder)}/embeddings/{encoder}/prompts/{variant}.parquet"


def by_encoder(value):
    return by("encoder", {name: value(encoder) for name, encoder in STUDY.encoders.items()})


ENCODER_PARAMS = by_encoder(lambda encoder: encoder.model_dump(mode="json", exclude={"batch_size"}))
ENCODER_CHECKPOINT = by_encoder(lambda encoder: model_params(encoder.model))
ENCODER_THREADS = by_encoder(lambda encoder: threads_of(encoder.model))
ENCODER_BATCH_SIZE = by_encoder(lambda encoder: encoder.batch_size)


# A path where it is the same of all sources, as of a study itself, since a function costs time.
images_of_class = f"{RESULTS}/images/{{source}}/{{class_id}}.parquet"
if RESULTS != MAIN:
    images_of_class = (
        lambda wildcards: f"{home(wildcards.source)}/images/{wildcards.source}/{wildcards.class_id}.parquet"
    )


def encoder_input(wildcards):
    return model_input("encoder", wildcards.encoder, STUDY.encoders[wildcards.encoder].model)


rule embed_images:
    input:
        unpack(encoder_input),
        images=images_of_class,
    output:
        f"{RESULTS}/embeddings/{{encoder}}/{{source}}/{{class_id}}.parquet",
    log:
        f"{LOGS}/embeddings/{{encoder}}/{{source}}/{{class_id}}.log",
    priority: 1
    conda:
        "../envs/models.yaml"
    threads: ENCODER_THREADS
    resources:
        **sized(lambda wildcards: embedding(wildcards.encoder, IMAGES)),
        gpu=1,
        # No parameter: it decides no embedding.
        batch_size=ENCODER_BATCH_SIZE,
    params:
        encoder=ENCODER_PARAMS,
        checkpoint=ENCODER_CHECKPOINT,
        code=code("embed_images.py"),
    script:
        "../workflow/scripts/embed_images.py"


rule embed_prompts:
    input:
        unpack(encoder_input),
    output:
        f"{RESULTS}/embeddings/{{encoder}}/prompts/{{variant}}.parquet",
    log:
        f"{LOGS}/embeddings/{{encoder}}/prompts/{{variant}}.log",
    wildcard_constraints:
        encoder=one_of([name for name, encoder in STUDY.encoders.items() if encoder.embeds_text]),
    conda:
        "../envs/models.yaml"
    threads: ENCODER_THREADS
    resources:
        **sized(lambda wildcards: embedding(wildcards.encoder, 20 * CLASSES)),
        gpu=1,
        # No parameter: it decides no embedding.
        batch_size=ENCODER_BATCH_SIZE,
    params:
        prompts=lambda wildcards: {
            class_id: STUDY.prompts_of(wildcards.variant, class_id) for class_id in STUDY.class_ids
        },
        encoder=ENCODER_PARAMS,
        checkpoint=ENCODER_CHECKPOINT,
        code=code("embed_prompts.py"),
    script:
        "../workflow/scripts/embed_prompts.py"
