"""Bring the image table of one class up to date, in a variant whose generator is adapted."""

from synthgap.jobs.job import job


@job(snakemake)
def work() -> None:
    from synthgap.generation.adapted_pipeline import AdaptedGenerator
    from synthgap.generation.adapted_table import update_adapted_images, with_weights
    from synthgap.models import checkpoint
    from synthgap.prompts.captioned import read_prompts
    from synthgap.provenance import made_by

    given, params = snakemake.input, snakemake.params
    generator = AdaptedGenerator.model_validate(params.generator)
    generator = generator.with_resources(snakemake.resources)
    model = checkpoint(**params.checkpoint, fingerprint_file=given.get("fingerprint"))
    model = with_weights(model, generator, given.get("weights", []))
    captioned = given.get("prompts")
    updated = update_adapted_images(
        snakemake.output[0],
        natural=given.get("natural"),
        choices=given.get("choices"),
        class_id=snakemake.wildcards.class_id,
        prompts=read_prompts(captioned) if captioned else params.prompts,
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
