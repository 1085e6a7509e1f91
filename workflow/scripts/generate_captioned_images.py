"""Bring the image table of one class up to date, in a variant whose prompts hold captions."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from pydantic import TypeAdapter

    from synthgap.generation.generators import Generator
    from synthgap.generation.image_table import update_images
    from synthgap.models import checkpoint
    from synthgap.prompts.captioned import read_prompts
    from synthgap.provenance import made_by

    params, resources = snakemake.params, snakemake.resources
    generator = TypeAdapter(Generator).validate_python(params.generator).with_resources(resources)
    model = checkpoint(**params.checkpoint, fingerprint_file=snakemake.input.get("fingerprint"))
    updated = update_images(
        snakemake.output[0],
        class_id=snakemake.wildcards.class_id,
        prompts=read_prompts(snakemake.input.prompts),
        count=params.images_per_class,
        study_seed=params.study_seed,
        generator=generator,
        checkpoint=model,
        guidance_scale=params.guidance_scale,
        metadata=made_by(
            snakemake,
            generator.PACKAGES,
            "variant",
            "guidance_scale",
            generator=generator.deciding(),
            model=model.identity,
        ),
        threads=snakemake.threads,
    )
    resumed = f", {updated.resumed} taken over from a job that did not finish"
    print(f"{updated.kept} images kept, {updated.made} made{resumed if updated.resumed else ''}")
