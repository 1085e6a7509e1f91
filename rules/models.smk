"""Models that are not pinned on a hub: the miniature's own, and local folders.

Inputs: none but the digits and the study's section `miniature`; or the files of a local folder; to
fine-tune an encoder, pairs of image and caption.
Outputs: models/{name}.fingerprint, the hash of the files of a model folder; further encoders and
generators of the miniature lie in models/encoders and models/generators, encoders that were fine-tuned in models/tuned, the miniature's pairs in
models/web. Jobs that use the model depend on it, so a model that was made again and came out the same
makes nothing stale.
Guarantees: the folder is whole when the fingerprint stands, and is what the fingerprint says.
"""

from synthgap.image_sets.pairs import read_pairs
from synthgap.models import miniature_place

MINIATURE_FOLDERS = {
    name: f"{RESULTS}/models/{name}" for name in ("clip", "autoencoder", "stable-diffusion")
}

FURTHER_ENCODERS = list(STUDY.miniature.encoders) if STUDY.miniature else []

FURTHER_GENERATORS = list(STUDY.miniature.generators) if STUDY.miniature else []


def miniature_folder(name, role="encoder"):
    """Where a model of the miniature lies."""
    return f"{RESULTS}/models/{miniature_place(name, role)}"


TUNED = {
    name: f"{RESULTS}/models/tuned/{name}"
    for name, encoder in STUDY.encoders.items()
    if getattr(encoder, "tune", None) is not None
}
"""Folders of the encoders whose projections are fine-tuned."""

WEB = f"{RESULTS}/models/web"


def model_params(model, role="encoder"):
    """What a script needs to open a model; no location where there is none to open."""
    if model is None:
        return {"location": None}
    folder = miniature_folder(model.miniature, role) if model.miniature else model.folder
    return {"location": model.repository or folder, "revision": model.revision}


SMALL_MB = 100
"""Weights of a model that is too small to gain by more than one core; a class of small images each on
its own core gains."""


def threads_of(model):
    """Cores of a job, where there are so many: to decode and encode pictures while a GPU computes, or
    to compute on."""
    return 1 if weights_mb(model) < SMALL_MB else 8


def model_input(role, name, model):
    """Files that a job depends on besides the pinned revision."""
    if model is None:
        return {}
    if model.miniature:
        return {
            "fingerprint": f"{RESULTS}/models/{miniature_place(model.miniature, role)}.fingerprint"
        }
    if model.folder:
        return {"fingerprint": f"{MAIN}/models/{role}-{name}.fingerprint"}
    return {}


def encoder_params(name):
    """What a script needs to open an encoder, or the one whose embeddings it moves."""
    name = STUDY.embedded_by(name)
    if name in TUNED:
        return {"location": TUNED[name], "revision": None}
    return model_params(STUDY.encoders[name].model)


def encoder_files(name):
    """Files that a job depends on which opens it."""
    name = STUDY.embedded_by(name)
    if name in TUNED:
        return {"fingerprint": f"{TUNED[name]}.fingerprint"}
    return model_input("encoder", name, STUDY.encoders[name].model)


def pairs_input(needs):
    """Files that a job depends on which reads pairs; a user's own are in a stamp."""
    return {} if needs.pairs else {"web": f"{WEB}.fingerprint"}


def pairs_params(needs):
    """What a script needs to read pairs of image and caption."""
    if not needs.pairs:
        return {"pairs": f"{WEB}/pairs.csv", "stamp": ""}
    files = [pair.file for pair in read_pairs(needs.pairs)]
    return {"pairs": needs.pairs, "stamp": stamps.of_files([needs.pairs, *files])}


def encoder_of(wildcards):
    return STUDY.encoders[wildcards.encoder]


def local_model(wildcards):
    if wildcards.role == "generator":
        return STUDY.generators[wildcards.name].opens()
    if wildcards.role == "captioner":
        return STUDY.captioners[wildcards.name].model
    return STUDY.encoders[wildcards.name].model


def local_folder(wildcards):
    return Path(local_model(wildcards).folder)


rule fingerprint_model:
    output:
        f"{RESULTS}/models/{{role}}-{{name}}.fingerprint",
    log:
        f"{LOGS}/models/{{role}}-{{name}}.log",
    wildcard_constraints:
        role="generator|encoder|captioner",
    conda:
        "../envs/tables.yaml"
    resources:
        **sized(lambda wildcards: needs.hashing(weights_mb(local_model(wildcards)))),
    params:
        folder=lambda wildcards: str(local_folder(wildcards)),
        # In place of inputs: see synthgap.stamps.
        stamp=lambda wildcards: stamps.of_files(model_files(local_folder(wildcards))),
        code=code("fingerprint_model.py"),
    script:
        "../workflow/scripts/fingerprint_model.py"


if STUDY.miniature:
    # The models only see the digits that the natural sets leave.
    LEFT_OUT = {
        "train_per_class": STUDY.natural.train_per_class,
        "val_per_class": STUDY.natural.val_per_class,
    }

    rule train_miniature_clip:
        output:
            f"{RESULTS}/models/clip.fingerprint",
        log:
            f"{LOGS}/models/clip.log",
        priority: 10
        conda:
            "../envs/models.yaml"
        resources:
            **sized(lambda wildcards: needs.MINIATURE),
        params:
            folder=MINIATURE_FOLDERS["clip"],
            spec=STUDY.miniature.clip.asked(),
            left_out=LEFT_OUT,
            code=code("train_miniature_clip.py"),
        script:
            "../workflow/scripts/train_miniature_clip.py"

    rule train_miniature_autoencoder:
        output:
            f"{RESULTS}/models/autoencoder.fingerprint",
        log:
            f"{LOGS}/models/autoencoder.log",
        priority: 10
        conda:
            "../envs/models.yaml"
        resources:
            **sized(lambda wildcards: needs.MINIATURE),
        params:
            folder=MINIATURE_FOLDERS["autoencoder"],
            spec=STUDY.miniature.autoencoder.model_dump(mode="json"),
            left_out=LEFT_OUT,
            code=code("train_miniature_autoencoder.py"),
        script:
            "../workflow/scripts/train_miniature_autoencoder.py"

    rule train_miniature_diffusion:
        input:
            clip=f"{RESULTS}/models/clip.fingerprint",
            autoencoder=f"{RESULTS}/models/autoencoder.fingerprint",
        output:
            f"{RESULTS}/models/stable-diffusion.fingerprint",
        log:
            f"{LOGS}/models/stable-diffusion.log",
        priority: 10
        conda:
            "../envs/models.yaml"
        resources:
            **sized(lambda wildcards: needs.MINIATURE),
        params:
            folder=MINIATURE_FOLDERS["stable-diffusion"],
            clip=MINIATURE_FOLDERS["clip"],
            autoencoder=MINIATURE_FOLDERS["autoencoder"],
            spec=STUDY.miniature.diffusion.asked(),
            left_out=LEFT_OUT,
            code=code("train_miniature_diffusion.py"),
        script:
            "../workflow/scripts/train_miniature_diffusion.py"


if FURTHER_ENCODERS:

    rule train_miniature_encoder:
        output:
            f"{RESULTS}/models/encoders/{{name}}.fingerprint",
        log:
            f"{LOGS}/models/encoders/{{name}}.log",
        wildcard_constraints:
            name=one_of(FURTHER_ENCODERS),
        priority: 10
        conda:
            "../envs/models.yaml"
        resources:
            **sized(lambda wildcards: needs.MINIATURE),
        params:
            folder=lambda wildcards: miniature_folder(wildcards.name),
            spec=lambda wildcards: STUDY.miniature.encoders[wildcards.name].asked(),
            left_out=LEFT_OUT,
            code=code("train_miniature_clip.py"),
        script:
            "../workflow/scripts/train_miniature_clip.py"


if FURTHER_GENERATORS:

    rule train_miniature_generator:
        input:
            clip=f"{RESULTS}/models/clip.fingerprint",
            autoencoder=f"{RESULTS}/models/autoencoder.fingerprint",
        output:
            f"{RESULTS}/models/generators/{{name}}.fingerprint",
        log:
            f"{LOGS}/models/generators/{{name}}.log",
        wildcard_constraints:
            name=one_of(FURTHER_GENERATORS),
        priority: 10
        conda:
            "../envs/models.yaml"
        resources:
            **sized(lambda wildcards: needs.MINIATURE),
        params:
            folder=lambda wildcards: miniature_folder(wildcards.name, "generator"),
            clip=MINIATURE_FOLDERS["clip"],
            autoencoder=MINIATURE_FOLDERS["autoencoder"],
            spec=lambda wildcards: STUDY.miniature.generators[wildcards.name].asked(),
            left_out=LEFT_OUT,
            code=code("train_miniature_diffusion.py"),
        script:
            "../workflow/scripts/train_miniature_diffusion.py"


if any(not spec.pairs for spec in STUDY.asks_for_pairs.values()):

    rule write_miniature_pairs:
        output:
            f"{WEB}.fingerprint",
        log:
            f"{LOGS}/models/web.log",
        priority: 10
        conda:
            "../envs/models.yaml"
        params:
            folder=WEB,
            left_out=LEFT_OUT,
            code=code("write_miniature_pairs.py"),
        script:
            "../workflow/scripts/write_miniature_pairs.py"


if TUNED:

    rule tune_projections:
        input:
            unpack(
                lambda wildcards: {
                    **model_input("encoder", wildcards.encoder, encoder_of(wildcards).model),
                    **pairs_input(encoder_of(wildcards).tune),
                }
            ),
        output:
            f"{RESULTS}/models/tuned/{{encoder}}.fingerprint",
        log:
            f"{LOGS}/models/tuned/{{encoder}}.log",
        wildcard_constraints:
            encoder=one_of(TUNED),
        priority: 5
        conda:
            "../envs/models.yaml"
        threads: lambda wildcards: threads_of(encoder_of(wildcards).model)
        resources:
            **sized(lambda wildcards: embedding(wildcards.encoder, IMAGES)),
            gpu=1,
        params:
            folder=lambda wildcards: TUNED[wildcards.encoder],
            checkpoint=lambda wildcards: model_params(encoder_of(wildcards).model),
            tune=lambda wildcards: encoder_of(wildcards).tune.model_dump(
                mode="json", exclude={"pairs"}
            ),
            pairs=lambda wildcards: pairs_params(encoder_of(wildcards).tune),
            code=code("tune_projections.py"),
        script:
            "../workflow/scripts/tune_projections.py"
