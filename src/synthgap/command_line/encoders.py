"""Which encoder a study uses: a folder, a repository, or a CLIP that the hub's cache holds."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from synthgap.command_line.listings import from_study
from synthgap.command_line.matching import folder_name
from synthgap.errors import InputError
from synthgap.study.names import NOT_ENCODERS

LARGE = ("openai/clip-vit-large-patch14", "32bd64288804d66eefd0ccbe215aa642df71cc41")
"""CLIP ViT-L/14 and the commit that is used where nothing else is asked for."""

BASE = "openai/clip-vit-base-patch32"
"""CLIP ViT-B/32, used at the commit that the cache holds."""

PATIENCE = 10
"""Seconds until the hub counts as out of reach."""


class Chosen(NamedTuple):
    """An encoder as a study file names it."""

    name: str
    kind: str
    model: dict[str, str]
    reason: str
    """Why it was chosen, a sentence."""


def chosen(given: str | None, folder: Path) -> Chosen:
    """Find an encoder.

    Args:
        given: a folder in Hugging Face layout, or a repository, perhaps with @ and a revision; None
            for the default.
        folder: of the study file.

    Raises:
        InputError: it is not there, or out of reach, or embeds no images.
    """
    if given is None:
        return _default()
    path = Path(given).absolute()
    if path.is_dir():
        kind = _kind_of_folder(path)
        model = {"folder": from_study(path, folder)}
        return Chosen(_name(kind, path.name), kind, model, "It was named with --encoder.")
    repository, _, revision = given.partition("@")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository) or given.startswith("."):
        raise InputError(
            f"--encoder {given}: no such folder; name a folder in Hugging Face layout, or a "
            f"repository such as {LARGE[0]}"
        )
    return _of_repository(repository, revision or "main", "It was named with --encoder.")


def _default() -> Chosen:
    for repository, revision in (LARGE, (BASE, "main")):
        commit = _cached(repository, revision)
        if commit is not None and _is_complete(repository, commit):
            model = {"repository": repository, "revision": commit}
            reason = "The hub's cache holds it; --encoder names another."
            return Chosen("clip", "clip", model, reason)
    repository, revision = LARGE
    if _on_hub(repository, revision) is None:
        raise InputError(
            f"no encoder: the hub's cache holds neither {repository} nor {BASE}, and the hub "
            "cannot be reached; fetch one where there is a network with "
            f"`{_fetching(repository, revision)}`, or name with --encoder a folder that holds a "
            "CLIP in Hugging Face layout (config.json, model.safetensors, preprocessor and "
            "tokenizer files)"
        )
    model = {"repository": repository, "revision": revision}
    reason = (
        "The paper's kind of encoder; it is fetched from the hub (1.7 GB) when it is first used."
    )
    return Chosen("clip", "clip", model, reason)


def _of_repository(repository: str, revision: str, reason: str) -> Chosen:
    commit = _cached(repository, revision) or _on_hub(repository, revision)
    if commit is None:
        raise InputError(
            f"--encoder {repository}: the hub's cache does not hold {revision} of it, and the hub "
            f"does not give it; fetch it with `{_fetching(repository, revision)}`, or name a folder"
        )
    kind = _kind(_config(repository, commit), repository)
    return Chosen(
        _name(kind, repository.rsplit("/")[-1]),
        kind,
        {"repository": repository, "revision": commit},
        reason,
    )


def _name(kind: str, model: str) -> str:
    if kind == "clip":
        return kind
    name = folder_name(model, kind)
    return kind if name.lower() in NOT_ENCODERS else name


def _fetching(repository: str, revision: str) -> str:
    pinned = "" if revision == "main" else f" --revision {revision}"
    # Other libraries' weights would be several times as much.
    wanted = " ".join(f"--include '*.{suffix}'" for suffix in ("json", "txt", "safetensors"))
    return f"hf download {repository}{pinned} {wanted}"


def _cached(repository: str, revision: str) -> str | None:
    """The commit of a revision that the hub's cache holds, or None."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repository, "config.json", revision=revision)
    # The cache has a folder a commit.
    return Path(found).parent.name if isinstance(found, str) else None


def _is_complete(repository: str, commit: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    weights = ("model.safetensors", "model.safetensors.index.json")
    found = [try_to_load_from_cache(repository, file, revision=commit) for file in weights]
    return any(isinstance(file, str) for file in found)


def _on_hub(repository: str, revision: str) -> str | None:
    """The commit of a revision as the hub says it, or None where it says none."""
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    try:
        address = hf_hub_url(repository, "config.json", revision=revision)
        return get_hf_file_metadata(address, timeout=PATIENCE).commit_hash
    # No such repository, no network, a proxy in between: each is another library's error.
    except Exception:
        return None


def _config(repository: str, commit: str) -> dict[str, Any]:
    from huggingface_hub import hf_hub_download

    try:
        return _read(Path(hf_hub_download(repository, "config.json", revision=commit)), repository)
    except OSError as error:
        raise InputError(f"--encoder {repository}: its config.json cannot be had") from error


def _kind_of_folder(folder: Path) -> str:
    if not (folder / "config.json").is_file():
        raise InputError(
            f"--encoder {folder}: holds no config.json; name a folder in Hugging Face layout, as "
            "save_pretrained writes it"
        )
    if not any(folder.glob("*.safetensors")):
        raise InputError(f"--encoder {folder}: holds no weights in *.safetensors")
    return _kind(_read(folder / "config.json", str(folder)), str(folder))


def _read(file: Path, model: str) -> dict[str, Any]:
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"--encoder {model}: its config.json cannot be read") from error
    return config if isinstance(config, dict) else {}


def _kind(config: dict[str, Any], model: str) -> str:
    """The kind of encoder that a model is: of images and texts, or of images alone."""
    if {"text_config", "vision_config"} <= config.keys():
        return "clip"
    if {"image_size", "patch_size", "num_channels"} & config.keys():
        return "vision"
    raise InputError(
        f"--encoder {model}: a model of the type {config.get('model_type')} embeds no images; name "
        "a CLIP, SigLIP, DINO or ViT"
    )
