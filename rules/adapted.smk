"""Images by adapted generators: from natural images, and with further weights.

Inputs: image tables of natural-train, never of natural-val, where images are made from natural ones or
a LoRA is trained; the models of the generators, and the files of further weights; prompts from captions.
Outputs: natural_choices/{class_id}.parquet, which natural image goes with which index of a class, in
every such variant alike; models/weights-{generator}-{number}.fingerprint, the hash of weights that lie
on this machine; models/loras/{name}, a LoRA trained on all natural-train images, and the hash of its
files; images/{variant}/{class_id}.parquet of the variants whose generator is of the kind `adapted`.
Guarantees: a natural image that changes makes the images of its class stale that are made from natural
ones, and no others; it makes each LoRA stale that is trained, and where that comes out otherwise the
images made with it. Other studies have no job of these.
"""

from functools import cache
from itertools import count

from synthgap.tuning.lora import FILE as LORA_FILE

ADAPTED = [name for name in GENERATED if generator_of(name).kind == "adapted"]

FROM_NATURAL = [name for name in ADAPTED if generator_of(name).needs_natural]


LORAS = f"{RESULTS}/models/loras"

LORA_FILES = {name: f"{LORAS}/{name}/{LORA_FILE}" for name in STUDY.loras}

LORA_OF = {file: name for name, file in LORA_FILES.items()}


def with_files(generator):
    """An adapted generator with the files of what the study trains for it; others as they are."""
    return generator.loading(LORA_FILES) if generator.kind == "adapted" else generator


@cache
def files_of_weights(name):
    """Of what a generator loads besides its pipeline, what lies on this machine, in its order."""
    further = with_files(STUDY.generators[name]).further().values()
    return tuple(place for place, revision in further if revision is None)


def local_weights(name):
    """The same without what the study trains."""
    return [place for place in files_of_weights(name) if place not in LORA_OF]


def hashes_of_weights(name):
    """The fingerprints of what lies on this machine, in the order of `files_of_weights`."""
    numbers = count()
    return [
        # A LoRA is of its replicate; a file is that of all.
        (
            f"{LORAS}/{LORA_OF[place]}.fingerprint"
            if place in LORA_OF
            else f"{MAIN}/models/weights-{name}-{next(numbers)}.fingerprint"
        )
        for place in files_of_weights(name)
    ]


def lora_of(wildcards):
    return STUDY.loras[wildcards.name]


def made_for(wildcards):
    """The generator whose model a LoRA changes."""
    return STUDY.generators[lora_of(wildcards).of]


def stamp_of_weights(place):
    """What is seen of a file, or of the files of a folder, without reading them."""
    return stamps.of_files(model_files(place) if place.is_dir() else [place])


def adapted_input(wildcards):
    """What the images of a class of a variant are made from."""
    variant, class_id = wildcards.variant, wildcards.class_id
    name = STUDY.variants[variant].generator
    files = model_input("generator", name, generator_of(variant).opens())
    if weights := hashes_of_weights(name):
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
            generator=by_variant(lambda generator: with_files(generator).params()),
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


if STUDY.loras:

    rule train_lora:
        input:
            unpack(
                lambda wildcards: model_input(
                    "generator", lora_of(wildcards).of, made_for(wildcards).opens()
                )
            ),
            images=images_of(NATURAL_TRAIN),
        output:
            f"{LORAS}/{{name}}.fingerprint",
        log:
            f"{LOGS}/models/loras/{{name}}.log",
        wildcard_constraints:
            name=one_of(STUDY.loras),
        priority: 5
        conda:
            "../envs/models.yaml"
        threads: lambda wildcards: threads_of(made_for(wildcards).opens())
        resources:
            **sized(lambda wildcards: training_lora(wildcards.name)),
            gpu=1,
        params:
            folder=lambda wildcards: f"{LORAS}/{wildcards.name}",
            lora=lambda wildcards: lora_of(wildcards).training(),
            prompts=lambda wildcards: {
                category.class_id: STUDY.prompts[lora_of(wildcards).prompts].prompts(category)
                for category in STUDY.classes
            },
            height=lambda wildcards: made_for(wildcards).height,
            width=lambda wildcards: made_for(wildcards).width,
            # Other formats train alike.
            bfloat16=lambda wildcards: made_for(wildcards).dtype == "bfloat16",
            checkpoint=lambda wildcards: model_params(made_for(wildcards).opens(), "generator"),
            code=code("train_lora.py"),
        script:
            "../workflow/scripts/train_lora.py"
