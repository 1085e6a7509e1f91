"""The images of every source: what exists is read, the rest is generated, or taken from these.

Inputs: image sets, natural or made elsewhere; the models of the generators.
Outputs: images/{source}/{class_id}.parquet, one table a source and class; of what was read also
quarantine/{source}/{class_id}.parquet, what was put aside and why; index/{source}.parquet, where the
images of a source lie inside Parquet files; summary/flags.parquet and .csv: how many images are black,
of one colour and the like; copies/{source}.parquet, and joined summary/copies.parquet and .csv: how many
images are copies of others.
Guarantees: what is read is not copied, and every image is in one of the two tables. No class that is
read has a larger share of copies than its source's `max_copies`; that is known as soon as its source and
the natural images are read, whatever is still to be generated. A generated image depends on its key
alone (prompt, seed, settings, model, code). Images whose key is still wanted stay byte for byte; only the missing ones are made, and those that a killed job had finished
are taken over.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import cache

# Variants that take their images of others are neither: see derived.smk.
READ = [source for source in STUDY.sources if STUDY.image_set(source) is not None]
GENERATED = list(STUDY.generated)

# What is to be known about images beside the measures: flags and copies.
FLAG_TABLES = expand(
    f"{RESULTS}/summary/{{table}}.{{suffix}}", table=["flags", "copies"], suffix=["parquet", "csv"]
)


def images_of(source):
    return expand(f"{home(source)}/images/{source}/{{class_id}}.parquet", class_id=STUDY.class_ids)


def quarantine_of(source):
    return expand(f"{RESULTS}/quarantine/{source}/{{class_id}}.parquet", class_id=STUDY.class_ids)


def without_split(source):
    return STUDY.image_set(source).model_dump(mode="json", exclude={"split"})


# Sources that are parts of the same files share an index, and what is seen of the files.
SHARED = {
    source: next(other for other in READ if without_split(other) == without_split(source))
    for source in READ
}


def image_set_input(wildcards):
    if STUDY.image_set(wildcards.source).kind != "parquet":
        return {}
    return {"index": f"{RESULTS}/index/{SHARED[wildcards.source]}.parquet"}


@cache
def stamps_of(source):
    """Of each class the stamp of its images; a network disk answers many at once."""
    with ThreadPoolExecutor(16) as pool:
        seen = pool.map(STUDY.image_set(source).stamp, STUDY.classes)
        return dict(zip(STUDY.class_ids, seen, strict=True))


def stamp_of_class(wildcards):
    if workflow.is_main_process:
        return stamps_of(SHARED[wildcards.source])[wildcards.class_id]
    # A cluster's job asks for its own alone.
    return STUDY.image_set(wildcards.source).stamp(STUDY.category(wildcards.class_id))


def generator_of(variant):
    return STUDY.generator_of(variant)


def other_natural(source):
    """The natural sources that the images of a source may be copies of."""
    return [name for name in (NATURAL_TRAIN, NATURAL_VAL) if name != source]


def by_variant(value):
    """By the variants that are generated, from a variant's generator."""
    return by("variant", {name: value(generator_of(name)) for name in GENERATED})


# No parameters: they decide no image, so their change makes nothing stale. Where generators are of
# several kinds, each takes back its own.
GENERATOR_RESOURCES = {
    name: by_variant(lambda generator: generator.resources().get(name, 0))
    for name in dict.fromkeys(
        name for variant in GENERATED for name in generator_of(variant).resources()
    )
}


GENERATING_IN_TURN = in_turn(
    3,
    "variant",
    {
        variant: name
        for name in STUDY.generators
        for variant in GENERATED
        if STUDY.variants[variant].generator == name
    },
)


# On a cluster, not worth an allocation.
localrules:
    join_copies,


rule index_images:
    output:
        f"{RESULTS}/index/{{source}}.parquet",
    log:
        f"{LOGS}/index/{{source}}.log",
    wildcard_constraints:
        source=one_of(READ),
    priority: 4
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(
            lambda wildcards: needs.reading(100 * len(STUDY.image_set(wildcards.source).paths()))
        ),
    params:
        image_set=lambda wildcards: without_split(wildcards.source),
        stamp=lambda wildcards: STUDY.image_set(wildcards.source).stamp_of_files(),
        code=code("index_images.py"),
    script:
        "../workflow/scripts/index_images.py"


rule read_images:
    input:
        unpack(image_set_input),
    output:
        images=f"{RESULTS}/images/{{source}}/{{class_id}}.parquet",
        quarantine=f"{RESULTS}/quarantine/{{source}}/{{class_id}}.parquet",
    log:
        f"{LOGS}/images/{{source}}/{{class_id}}.log",
    wildcard_constraints:
        source=one_of(READ),
        class_id=one_of(STUDY.class_ids),
    # What is wrong with the images that there are is found before anything is made from them.
    priority: 4
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: needs.reading(IMAGES)),
        # No parameters: they decide whether the job fails, and nothing in its tables. join_quarantine,
        # count_copies and the measures hold finished tables against them.
        least=STUDY.measures.n,
        max_unreadable_per_million=by(
            "source", {name: per_million(STUDY.max_unreadable(name)) for name in READ}
        ),
        max_copies_per_million=by(
            "source", {name: per_million(STUDY.max_copies(name)) for name in READ}
        ),
    params:
        image_set=by(
            "source", {name: STUDY.image_set(name).model_dump(mode="json") for name in READ}
        ),
        folder=lambda wildcards: STUDY.category(wildcards.class_id).folder,
        # In place of inputs: see synthgap.stamps.
        stamp=stamp_of_class,
        code=code("read_images.py"),
    script:
        "../workflow/scripts/read_images.py"


rule generate_images:
    input:
        unpack(
            lambda wildcards: model_input(
                "generator",
                STUDY.variants[wildcards.variant].generator,
                generator_of(wildcards.variant).opens(),
            )
        ),
    output:
        # Not update(): see synthgap.generation.image_table, which keeps the rows itself.
        f"{RESULTS}/images/{{variant}}/{{class_id}}.parquet",
    log:
        f"{LOGS}/images/{{variant}}/{{class_id}}.log",
    wildcard_constraints:
        # The others are in captions.smk and adapted.smk.
        variant=one_of(
            [
                name
                for name in GENERATED
                if STUDY.captioned(name) is None and generator_of(name).kind != "adapted"
            ]
        ),
        class_id=one_of(STUDY.class_ids),
    # A device that goes on with a stage keeps its model loaded.
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
        code=code("generate_images.py"),
    script:
        "../workflow/scripts/generate_images.py"


rule count_flags:
    input:
        [table for source in STUDY.sources for table in images_of(source)],
    output:
        table=f"{RESULTS}/summary/flags.parquet",
        csv=f"{RESULTS}/summary/flags.csv",
    log:
        f"{LOGS}/flags.log",
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: needs.joining(CLASSES * len(STUDY.sources))),
    params:
        sources=list(STUDY.sources),
        classes=len(STUDY.class_ids),
        code=code("count_flags.py"),
    script:
        "../workflow/scripts/count_flags.py"


rule count_copies:
    input:
        own=lambda wildcards: images_of(wildcards.source),
        natural=lambda wildcards: [
            table for name in other_natural(wildcards.source) for table in images_of(name)
        ],
    output:
        f"{RESULTS}/copies/{{source}}.parquet",
    log:
        f"{LOGS}/copies/{{source}}.log",
    wildcard_constraints:
        source=one_of(STUDY.sources),
    # As soon as the images are read: it may end the run.
    priority: 5
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: needs.joining(3 * CLASSES)),
    params:
        natural=by("source", {name: other_natural(name) for name in STUDY.sources}),
        # Of images that the study generates, copies are counted and not limited.
        max_copies=by(
            "source",
            {name: STUDY.max_copies(name) if name in READ else None for name in STUDY.sources},
        ),
        code=code("count_copies.py"),
    script:
        "../workflow/scripts/count_copies.py"


rule join_copies:
    input:
        expand(f"{RESULTS}/copies/{{source}}.parquet", source=STUDY.sources),
    output:
        table=f"{RESULTS}/summary/copies.parquet",
        csv=f"{RESULTS}/summary/copies.csv",
    log:
        f"{LOGS}/copies.log",
    conda:
        "../envs/tables.yaml"
    params:
        code=code("join_copies.py"),
    script:
        "../workflow/scripts/join_copies.py"
