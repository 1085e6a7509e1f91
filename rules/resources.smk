"""What each kind of job asks a cluster for: `resources: **sized(...)` of its rule.

Gives the other rules: `sized`, the sizes of the study, and `needs`, the guesses behind them.
Guarantees: memory and time grow with each attempt; none of it is a parameter, so it makes nothing
stale; on one machine nothing is limited by it unless the command line says so.
"""

from functools import cache

from synthgap.jobs import resources as needs

CLASSES = len(STUDY.class_ids)
# Of a class. How many natural images there are is not looked up; ImageNet has no more.
IMAGES = max(STUDY.images_per_class or 0, 0 if STUDY.natural.kind == "digits" else 1_300)


def sized(of_job):
    """Memory and time from the job's wildcards, times the attempt."""
    return {
        "mem_mb": lambda wildcards, attempt: attempt * of_job(wildcards).mem_mb,
        "runtime": lambda wildcards, attempt: attempt * of_job(wildcards).minutes,
    }


@cache
def weights_mb(model):
    """Size of a model's weights; the miniature's have 4 MB."""
    if model is None:
        return 0
    if model.miniature:
        return 4
    return needs.model_mb(model.folder, model.repository, model.revision)


@cache
def generating(variant):
    generator = STUDY.generators[STUDY.variants[variant].generator]
    # An adapter that is led by images sees them with a model of its own.
    led_by = getattr(generator, "image_prompt", None)
    weights = weights_mb(generator.opens()) + weights_mb(led_by and led_by.image_encoder)
    return needs.generating(STUDY.images_per_class, *generator.effort(), weights)


@cache
def training_lora(name):
    spec = STUDY.loras[name]
    generator = STUDY.generators[spec.of]
    images = spec.steps * spec.batch_size
    pixels = generator.height * generator.width
    return needs.training_lora(images, pixels, weights_mb(generator.opens()))


@cache
def embedding(encoder, images):
    return needs.embedding(images, weights_mb(STUDY.encoders[STUDY.embedded_by(encoder)].model))


@cache
def training(classifier, training_set):
    spec = STUDY.classifiers[classifier]
    images = CLASSES * IMAGES * len(STUDY.sources_of(training_set))
    return needs.training(images, spec.epochs, spec.image_size, spec.gpus, spec.readers)


@cache
def measuring(sources, classes=CLASSES):
    """Of the measured images of some classes of so many sources."""
    return needs.measuring(sources * classes * STUDY.measures.n, classes * STUDY.measures.n)
