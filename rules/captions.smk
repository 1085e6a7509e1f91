"""Prompts from captions of natural images, in studies whose variants have a recipe `captioned`.

Inputs: image tables of natural-train, never of natural-val; the models of the captioners.
Outputs: captions/{captioner}/{class_id}.parquet (a row a natural-train image of the class: its
caption), prompts/{recipe}/{class_id}.parquet (a row a prompt of the class: which caption of which image
it holds); images/{variant}/{class_id}.parquet and embeddings/{encoder}/prompts/{variant}.parquet of
the variants that have such prompts.
Guarantees: a natural image that changes makes the captions and prompts of its class stale and no
others; captions do not depend on the study's seed, their order among the prompts does. Other studies
have no job of these.
"""

CAPTIONED = {
    name: STUDY.variants[name].prompts for name in GENERATED if STUDY.captioned(name) is not None
}
"""Of each variant whose prompts hold captions its recipe."""

RECIPES = {recipe: STUDY.prompts[recipe] for recipe in CAPTIONED.values()}

MEASURING = [name for name, spec in STUDY.captioners.items() if spec.kind == "measured"]

CAPTIONING = {name: spec for name, spec in STUDY.captioners.items() if name not in MEASURING}


def captioned_prompts_of(recipe):
    return [captioned_prompts(recipe, class_id) for class_id in STUDY.class_ids]


def captioned_prompts(recipe, class_id):
    return f"{RESULTS}/prompts/{recipe}/{class_id}.parquet"


def by_captioner(value):
    return by("captioner", {name: value(spec) for name, spec in CAPTIONING.items()})


if CAPTIONED:

    # On a cluster, not worth an allocation.
    localrules:
        pair_captions,

    rule pair_captions:
        input:
            # They depend on no seed, so replicates share them.
            lambda wildcards: f"{MAIN}/captions/{RECIPES[wildcards.recipe].captioner}/{wildcards.class_id}.parquet",
        output:
            f"{RESULTS}/prompts/{{recipe}}/{{class_id}}.parquet",
        log:
            f"{LOGS}/prompts/{{recipe}}/{{class_id}}.log",
        wildcard_constraints:
            recipe=one_of(RECIPES),
            class_id=one_of(STUDY.class_ids),
        conda:
            "../envs/tables.yaml"
        params:
            template=lambda wildcards: RECIPES[wildcards.recipe].template,
            category=lambda wildcards: STUDY.category(wildcards.class_id).model_dump(
                include={"class_id", "name", "definition"}
            ),
            study_seed=STUDY.seed,
            most=lambda wildcards: RECIPES[wildcards.recipe].captions_per_class,
            code=code("pair_captions.py"),
        script:
            "../workflow/scripts/pair_captions.py"

    rule generate_captioned_images:
        input:
            unpack(
                lambda wildcards: model_input(
                    "generator",
                    STUDY.variants[wildcards.variant].generator,
                    generator_of(wildcards.variant).opens(),
                )
            ),
            prompts=lambda wildcards: captioned_prompts(
                CAPTIONED[wildcards.variant], wildcards.class_id
            ),
        output:
            f"{RESULTS}/images/{{variant}}/{{class_id}}.parquet",
        log:
            f"{LOGS}/images/{{variant}}/{{class_id}}.log",
        wildcard_constraints:
            # The others are in adapted.smk.
            variant=one_of([name for name in CAPTIONED if generator_of(name).kind != "adapted"]),
            class_id=one_of(STUDY.class_ids),
        priority: GENERATING_IN_TURN
        conda:
            "../envs/models.yaml"
        threads: by_variant(lambda generator: threads_of(generator.opens()))
        resources:
            **sized(lambda wildcards: generating(wildcards.variant)),
            **GENERATOR_RESOURCES,
            gpu=1,
        params:
            images_per_class=STUDY.images_per_class,
            study_seed=STUDY.seed,
            generator=by_variant(lambda generator: generator.params()),
            guidance_scale=lambda wildcards: STUDY.variants[wildcards.variant].guidance_scale,
            checkpoint=by_variant(lambda generator: model_params(generator.opens(), "generator")),
            code=code("generate_captioned_images.py"),
        script:
            "../workflow/scripts/generate_captioned_images.py"

    rule embed_captioned_prompts:
        input:
            unpack(encoder_input),
            prompts=lambda wildcards: captioned_prompts_of(CAPTIONED[wildcards.variant]),
        output:
            f"{RESULTS}/embeddings/{{encoder}}/prompts/{{variant}}.parquet",
        log:
            f"{LOGS}/embeddings/{{encoder}}/prompts/{{variant}}.log",
        wildcard_constraints:
            encoder=one_of([name for name in OPENED if STUDY.encoders[name].embeds_text]),
            variant=one_of(CAPTIONED),
        conda:
            "../envs/models.yaml"
        threads: ENCODER_THREADS
        resources:
            **sized(
                lambda wildcards: embedding(
                    wildcards.encoder,
                    CLASSES * (RECIPES[CAPTIONED[wildcards.variant]].captions_per_class or IMAGES),
                )
            ),
            gpu=1,
            # No parameter: it decides no embedding.
            batch_size=ENCODER_BATCH_SIZE,
        params:
            class_ids=STUDY.class_ids,
            encoder=ENCODER_PARAMS,
            checkpoint=ENCODER_CHECKPOINT,
            code=code("embed_captioned_prompts.py"),
        script:
            "../workflow/scripts/embed_captioned_prompts.py"


if CAPTIONED and MEASURING:

    localrules:
        measure_captions,

    rule measure_captions:
        input:
            f"{RESULTS}/images/{NATURAL_TRAIN}/{{class_id}}.parquet",
        output:
            f"{RESULTS}/captions/{{captioner}}/{{class_id}}.parquet",
        log:
            f"{LOGS}/captions/{{captioner}}/{{class_id}}.log",
        wildcard_constraints:
            captioner=one_of(MEASURING),
            class_id=one_of(STUDY.class_ids),
        conda:
            "../envs/tables.yaml"
        params:
            code=code("measure_captions.py"),
        script:
            "../workflow/scripts/measure_captions.py"


if CAPTIONED and CAPTIONING:

    rule caption_images:
        input:
            unpack(
                lambda wildcards: model_input(
                    "captioner", wildcards.captioner, CAPTIONING[wildcards.captioner].model
                )
            ),
            images=f"{RESULTS}/images/{NATURAL_TRAIN}/{{class_id}}.parquet",
        output:
            f"{RESULTS}/captions/{{captioner}}/{{class_id}}.parquet",
        log:
            f"{LOGS}/captions/{{captioner}}/{{class_id}}.log",
        wildcard_constraints:
            captioner=one_of(CAPTIONING),
            class_id=one_of(STUDY.class_ids),
        # Before anything is generated, so that each model is loaded once.
        priority: in_turn(4, "captioner", {name: name for name in CAPTIONING})
        conda:
            "../envs/models.yaml"
        threads: by_captioner(lambda spec: threads_of(spec.model))
        resources:
            **sized(
                lambda wildcards: needs.captioning(
                    IMAGES, weights_mb(CAPTIONING[wildcards.captioner].model)
                )
            ),
            gpu=1,
            # No parameter: it decides no caption.
            batch_size=by_captioner(lambda spec: spec.batch_size),
        params:
            captioner=by_captioner(
                lambda spec: spec.model_dump(mode="json", exclude={"batch_size"})
            ),
            checkpoint=by_captioner(lambda spec: model_params(spec.model)),
            code=code("caption_images.py"),
        script:
            "../workflow/scripts/caption_images.py"
