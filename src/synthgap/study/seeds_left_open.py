"""What the seeds of a study leave open: what another training, or other images, would give."""

from synthgap.study.model import Study


def open_question(study: Study) -> str:
    """Say in a sentence what intervals do not cover, or what they cover beside the images.

    Nothing is said of a study that neither generates nor trains: it has no seeds but those of its
    resampling.
    """
    models = ["Generator", "encoder"] if study.miniature else []
    trained = _listed([*models, *(["LoRAs"] if study.loaded_loras else [])])
    if study.replicates > 1:
        what = (
            f"{trained} were trained {study.replicates} times"
            if study.trains_models
            else f"Images were generated from {study.replicates} sets of seeds"
        )
        return (
            f"{what}; numbers of whole sets are means over these, whose spread is part of the "
            "intervals. A range counts classes with a defect in all of them and in any. Classes, "
            "pictures, map, charts and quoted ratios are those of the first."
        )
    if study.trains_models:
        return (
            f"{trained} were trained once: what another training of them would give, "
            "intervals do not cover (key replicates)."
        )
    if study.depends_on_seeds(*study.variants):
        return (
            "Images were generated from one set of seeds, of which intervals cover the draw of "
            "images alone (key replicates)."
        )
    return ""


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
