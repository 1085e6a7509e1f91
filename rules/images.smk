"""The images of every source: natural ones are read, those of variants are generated.

Inputs: the natural set; the models of the generators.
Outputs: images/{source}/{class_id}.parquet, one table a source and class; summary/flags.parquet and
.csv, figures/flags.html: how many generated images are black, of one colour and the like.
Guarantees: a generated image depends on its key alone (prompt, seed, settings, model, code). Images
whose key is still wanted stay byte for byte; only the missing ones are made, and those that a killed
job had finished are taken over.
"""


def images_of(source):
    return expand(f"{RESULTS}/images/{source}/{{class_id}}.parquet", class_id=STUDY.class_ids)


def natural_folder(wildcards):
    folder = STUDY.natural.folder(wildcards.part, wildcards.class_id)
    return [folder] if folder else []


def generator_of(wildcards):
    return STUDY.generators[STUDY.variants[wildcards.variant].generator]


rule read_natural_images:
    input:
        natural_folder,
    output:
        # The old table stays if a damaged image ends the job.
        update(f"{RESULTS}/images/natural-{{part}}/{{class_id}}.parquet"),
    log:
        f"{LOGS}/images/natural-{{part}}/{{class_id}}.log",
    wildcard_constraints:
        part="train|val",
    conda:
        "../envs/tables.yaml"
    params:
        natural=STUDY.natural.model_dump(mode="json"),
        code=code("read_natural_images.py"),
    script:
        "../workflow/scripts/read_natural_images.py"


rule generate_images:
    input:
        unpack(
            lambda wildcards: model_input(
                "generator",
                STUDY.variants[wildcards.variant].generator,
                generator_of(wildcards).model,
            )
        ),
    output:
        # Not update(): see synthgap.generation.table, which keeps the rows itself.
        f"{RESULTS}/images/{{variant}}/{{class_id}}.parquet",
    log:
        f"{LOGS}/images/{{variant}}/{{class_id}}.log",
    conda:
        "../envs/models.yaml"
    resources:
        gpu=1,
        # No parameters: they decide no image, so their change makes nothing stale. Snakemake
        # rounds numbers, but leaves texts as they are.
        batch_size=lambda wildcards: generator_of(wildcards).batch_size,
        compile=lambda wildcards: int(generator_of(wildcards).compile),
        max_flagged=lambda wildcards: str(generator_of(wildcards).max_flagged),
    params:
        prompts=lambda wildcards: STUDY.prompts_of(wildcards.variant, wildcards.class_id),
        images_per_class=STUDY.images_per_class,
        study_seed=STUDY.seed,
        generator=lambda wildcards: generator_of(wildcards).model_dump(
            mode="json", exclude=generator_of(wildcards).UNDECIDING
        ),
        guidance_scale=lambda wildcards: STUDY.variants[wildcards.variant].guidance_scale,
        checkpoint=lambda wildcards: model_params(generator_of(wildcards).model),
        code=code("generate_images.py"),
    script:
        "../workflow/scripts/generate_images.py"


rule count_flags:
    input:
        [table for variant in STUDY.variants for table in images_of(variant)],
    output:
        table=f"{RESULTS}/summary/flags.parquet",
        csv=f"{RESULTS}/summary/flags.csv",
        page=report(
            f"{RESULTS}/figures/flags.html",
            caption="../workflow/report/flags.rst",
            category="Answer",
            labels={"what": "flagged images"},
        ),
    log:
        f"{LOGS}/flags.log",
    conda:
        "../envs/tables.yaml"
    params:
        variants=list(STUDY.variants),
        classes=len(STUDY.class_ids),
        code=code("count_flags.py"),
    script:
        "../workflow/scripts/count_flags.py"
