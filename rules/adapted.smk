"""Images by adapted generators: from natural images, and with further weights.

Inputs: image tables of natural-train, never of natural-val, where images are made from natural ones;
the models of the generators, and the files of further weights; prompts from captions.
Outputs: natural_choices/{class_id}.parquet, which natural image goes with which index of a class, in
every such variant alike; models/weights-{generator}-{number}.fingerprint, the hash of weights that lie
on this machine; images/{variant}/{class_id}.parquet of the variants whose generator is of the kind
`adapted`.
Guarantees: a natural image that changes makes the images of its class stale that are made from natural
ones, and no others. Other studies have no job of these.
"""

ADAPTED = [name for name in GENERATED if generator_of(name).kind == "adapted"]

FROM_NATURAL = [name for name in ADAPTED if generator_of(name).needs_natural]


def local_weights(name):
    """Of what a generator loads besides its pipeline, what lies on this machine."""
    further = STUDY.generators[name].further().values()
    return [place for place, revision in further if revision is None]


def stamp_of_weights(place):
    """What is seen of a file, or of the files of a folder, without reading them."""
    return stamps.of_files(model_files(place) if place.is_dir() else [place])


def adapted_input(wildcards):
    """What the images of a class of a variant are made from."""
    variant, class_id = wildcards.variant, wildcards.class_id
    name = STUDY.variants[variant].generator
    files = model_input("generator", name, generator_of(variant).opens())
    # Weights are those of all replicates.
    count = len(local_weights(name))
    weights = [f"{MAIN}/models/weights-{name}-{number}.fingerprint" for number in range(count)]
    if weights:
        files["weights"] = weights
    if variant in FROM_NATURAL:
        files["natural"] = f"{home(NATURAL_TRAIN)}/images/{NATURAL_TRAIN}/{class_id}.parquet"
        files["choices"] = f"{RESULTS}/natural_choices/{class_id}.parquet"
    if variant in CAPTIONED:
        files["prompts"] = captioned_prompts(CAPTIONED[variant], class_id)
    return files


if ADAPTED:

    rule generate_adapted_images:
        input:
            unpack(adapted_input),
        output:
            f"{RESULTS}/images/{{variant}}/{{class_id}}.parquet",
        log:
            f"{LOGS}/images/{{variant}}/{{class_id}}.log",
        wildcard_constraints:
            variant=one_of(ADAPTED),
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
            prompts=lambda wildcards: STUDY.prompts_of(wildcards.variant, wildcards.class_id),
            images_per_class=STUDY.images_per_class,
            study_seed=STUDY.seed,
            generator=by_variant(lambda generator: generator.params()),
            guidance_scale=lambda wildcards: STUDY.variants[wildcards.variant].guidance_scale,
            checkpoint=by_variant(lambda generator: model_params(generator.opens(), "generator")),
            code=code("generate_adapted_images.py"),
        script:
            "../workflow/scripts/generate_adapted_images.py"


if FROM_NATURAL:

    # On a cluster, not worth an allocation.
    localrules:
        choose_natural_images,

    rule choose_natural_images:
        input:
            f"{home(NATURAL_TRAIN)}/images/{NATURAL_TRAIN}/{{class_id}}.parquet",
        output:
            f"{RESULTS}/natural_choices/{{class_id}}.parquet",
        log:
            f"{LOGS}/natural_choices/{{class_id}}.log",
        wildcard_constraints:
            class_id=one_of(STUDY.class_ids),
        conda:
            "../envs/tables.yaml"
        params:
            images_per_class=STUDY.images_per_class,
            study_seed=STUDY.seed,
            code=code("choose_natural_images.py"),
        script:
            "../workflow/scripts/choose_natural_images.py"


if any(local_weights(name) for name, spec in STUDY.generators.items() if spec.kind == "adapted"):

    rule fingerprint_weights:
        output:
            f"{RESULTS}/models/weights-{{name}}-{{number}}.fingerprint",
        log:
            f"{LOGS}/models/weights-{{name}}-{{number}}.log",
        wildcard_constraints:
            name=one_of(STUDY.generators),
            number=r"\d+",
        conda:
            "../envs/tables.yaml"
        params:
            place=lambda wildcards: local_weights(wildcards.name)[int(wildcards.number)],
            # In place of inputs: see synthgap.stamps.
            stamp=lambda wildcards: stamp_of_weights(
                Path(local_weights(wildcards.name)[int(wildcards.number)])
            ),
            code=code("fingerprint_weights.py"),
        script:
            "../workflow/scripts/fingerprint_weights.py"
