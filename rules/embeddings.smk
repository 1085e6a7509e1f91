"""Embeddings of images and prompts.

Inputs: image tables; the models of the encoders; for an encoder without its means the embeddings of
another one, and pairs of image and caption.
Outputs: embeddings/{encoder}/{source}/{class_id}.parquet, and for the prompts of a variant
embeddings/{encoder}/prompts/{variant}.parquet; embeddings/{encoder}/means.parquet of an encoder without
its means.
Guarantees: rows stand in the order of the image table, embeddings have unit length. Neither the
batch size nor `threads` decides an embedding, but for rounding; where a GPU computes, the threads decode
pictures for it.
"""

# What other sources take their images of, and with them their embeddings.
WITH_IMAGES = [source for source in STUDY.sources if source not in STUDY.derived]


def embeddings_of(encoder, source):
    return expand(
        f"{home(source, encoder=encoder)}/embeddings/{encoder}/{source}/{{class_id}}.parquet",
        class_id=STUDY.class_ids,
    )


def has_prompts(encoder, variant):
    """Whether the prompts of a variant are embedded: an encoder may embed no texts, and images made
    elsewhere may have no prompts."""
    return STUDY.has_prompts(encoder, variant)


def prompts_of(encoder, variant):
    # Of a variant that is selected among others, its images say whose prompts are its own; the order
    # of captions depends on the seed.
    own = variant in STUDY.derived or STUDY.captioned(variant) is not None
    folder = home(*([variant] if own else []), encoder=encoder)
    return f"{folder}/embeddings/{encoder}/prompts/{variant}.parquet"


def by_encoder(value):
    return by("encoder", {name: value(encoder) for name, encoder in STUDY.encoders.items()})


def of_opened(value):
    """A job's value by the encoder that opens a model for it, as `by_encoder` gives it."""
    return by("encoder", {name: value(STUDY.embedded_by(name)) for name in STUDY.encoders})


# How a model was fine-tuned, its fingerprint says.
ENCODER_PARAMS = of_opened(
    lambda name: STUDY.encoders[name].model_dump(mode="json", exclude={"batch_size", "tune"})
)
ENCODER_CHECKPOINT = of_opened(encoder_params)
ENCODER_THREADS = of_opened(lambda name: threads_of(STUDY.encoders[name].model))
ENCODER_BATCH_SIZE = of_opened(lambda name: STUDY.encoders[name].batch_size)

OPENED = list(STUDY.opened_encoders)
MOVED = [name for name in STUDY.encoders if name not in STUDY.opened_encoders]


# A path where it is the same of all sources, as of a study itself, since a function costs time.
images_of_class = f"{RESULTS}/images/{{source}}/{{class_id}}.parquet"
if RESULTS != MAIN:
    images_of_class = (
        lambda wildcards: f"{home(wildcards.source)}/images/{wildcards.source}/{wildcards.class_id}.parquet"
    )


def encoder_input(wildcards):
    return encoder_files(wildcards.encoder)


rule embed_images:
    input:
        unpack(encoder_input),
        images=images_of_class,
    output:
        f"{RESULTS}/embeddings/{{encoder}}/{{source}}/{{class_id}}.parquet",
    log:
        f"{LOGS}/embeddings/{{encoder}}/{{source}}/{{class_id}}.log",
    wildcard_constraints:
        source=one_of(WITH_IMAGES),
        encoder=one_of(OPENED),
    priority: in_turn(1, "encoder", {name: name for name in OPENED})
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
        encoder=one_of([name for name in OPENED if STUDY.encoders[name].embeds_text]),
        # The others are in captions.smk.
        variant=one_of([name for name in WITH_IMAGES if STUDY.captioned(name) is None]),
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


if MOVED:

    rule find_means:
        input:
            unpack(
                lambda wildcards: {
                    **encoder_files(wildcards.encoder),
                    **pairs_input(STUDY.encoders[wildcards.encoder]),
                }
            ),
        output:
            f"{RESULTS}/embeddings/{{encoder}}/means.parquet",
        log:
            f"{LOGS}/embeddings/{{encoder}}/means.log",
        wildcard_constraints:
            encoder=one_of(MOVED),
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
            pairs=lambda wildcards: pairs_params(STUDY.encoders[wildcards.encoder]),
            code=code("find_means.py"),
        script:
            "../workflow/scripts/find_means.py"

    def of_other_encoder(place):
        """A file of the encoder that an encoder moves."""

        def file(wildcards):
            other = {**wildcards, "encoder": STUDY.embedded_by(wildcards.encoder)}
            return f"{RESULTS}/embeddings/{place.format(**other)}"

        return file

    rule remove_mean_of_images:
        input:
            means=f"{RESULTS}/embeddings/{{encoder}}/means.parquet",
            embeddings=of_other_encoder("{encoder}/{source}/{class_id}.parquet"),
        output:
            f"{RESULTS}/embeddings/{{encoder}}/{{source}}/{{class_id}}.parquet",
        log:
            f"{LOGS}/embeddings/{{encoder}}/{{source}}/{{class_id}}.log",
        wildcard_constraints:
            encoder=one_of(MOVED),
            source=one_of(WITH_IMAGES),
        priority: 1
        conda:
            "../envs/tables.yaml"
        params:
            of="image",
            code=code("remove_mean.py"),
        script:
            "../workflow/scripts/remove_mean.py"

    rule remove_mean_of_prompts:
        input:
            means=f"{RESULTS}/embeddings/{{encoder}}/means.parquet",
            embeddings=of_other_encoder("{encoder}/prompts/{variant}.parquet"),
        output:
            f"{RESULTS}/embeddings/{{encoder}}/prompts/{{variant}}.parquet",
        log:
            f"{LOGS}/embeddings/{{encoder}}/prompts/{{variant}}.log",
        wildcard_constraints:
            encoder=one_of(MOVED),
            variant=one_of(WITH_IMAGES),
        conda:
            "../envs/tables.yaml"
        params:
            of="prompt",
            code=code("remove_mean.py"),
        script:
            "../workflow/scripts/remove_mean.py"
