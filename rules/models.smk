"""Models that are not pinned on a hub: the miniature's own, and local folders.

Inputs: none but the digits and the study's section `miniature`; or the files of a local folder.
Outputs: models/{name}.fingerprint, the hash of the files of a model folder. Jobs that use the model
depend on it, so a model that was made again and came out the same makes nothing stale.
Guarantees: the folder is whole when the fingerprint stands, and is what the fingerprint says.
"""

MINIATURE_FOLDERS = {
    name: f"{RESULTS}/models/{name}" for name in ("clip", "autoencoder", "stable-diffusion")
}


def model_params(model):
    """What a script needs to open a model; no location where there is none to open."""
    if model is None:
        return {"location": None}
    folder = model.folder or MINIATURE_FOLDERS.get(model.miniature)
    return {"location": model.repository or folder, "revision": model.revision}


def threads_of(model):
    """Cores of a job, where there are so many: to decode and encode pictures while a GPU computes, or
    to compute on. The miniature's models are too small to gain by more than one."""
    return 1 if model is None or model.miniature else 8


def model_input(role, name, model):
    """Files that a job depends on besides the pinned revision."""
    if model is None:
        return {}
    if model.miniature:
        return {"fingerprint": f"{RESULTS}/models/{model.miniature}.fingerprint"}
    if model.folder:
        return {"fingerprint": f"{MAIN}/models/{role}-{name}.fingerprint"}
    return {}


def local_model(wildcards):
    if wildcards.role == "generator":
        return STUDY.generators[wildcards.name].opens()
    return STUDY.encoders[wildcards.name].model


def local_folder(wildcards):
    return Path(local_model(wildcards).folder)


rule fingerprint_model:
    output:
        f"{RESULTS}/models/{{role}}-{{name}}.fingerprint",
    log:
        f"{LOGS}/models/{{role}}-{{name}}.log",
    wildcard_constraints:
        role="generator|encoder",
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
            spec=STUDY.miniature.clip.model_dump(mode="json"),
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
            spec=STUDY.miniature.diffusion.model_dump(mode="json"),
            left_out=LEFT_OUT,
            code=code("train_miniature_diffusion.py"),
        script:
            "../workflow/scripts/train_miniature_diffusion.py"
