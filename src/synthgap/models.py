"""Pretrained models: where they come from (hub, folder, the miniature), and which one is loaded."""

import gc
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self, TypeVar

from pydantic import Field, model_validator

from synthgap.errors import InputError
from synthgap.places import Place
from synthgap.section import Section

Model = TypeVar("Model")

MINIATURE = ("clip", "stable-diffusion")
"""Models that every miniature has."""

_held: dict[Hashable, object] = {}


class ModelSource(Section):
    """A pretrained model: exactly one of `repository`, `folder` and `miniature`."""

    repository: str | None = Field(default=None, pattern=r"^[\w.-]+/[\w.-]+$")
    """Repository on the Hugging Face hub, `owner/name`; needs a `revision`."""
    revision: str | None = Field(default=None, pattern=r"^[0-9a-f]{40}$")
    """Commit of the repository, 40 hexadecimal digits, so that the model cannot change unseen."""
    folder: Place | None = None
    """Local folder in Hugging Face layout, relative to where Snakemake runs."""
    miniature: str | None = None
    """A model that the workflow trains itself, as the section `miniature` says: `clip`,
    `stable-diffusion`, or one of its further `encoders` or `generators`."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(value is not None for value in (self.repository, self.folder, self.miniature)) != 1:
            raise ValueError("name exactly one of repository, folder and miniature")
        if (self.repository is None) != (self.revision is None):
            raise ValueError("repository and revision (the commit to pin) go together")
        return self


def miniature_place(name: str, role: str = "encoder") -> str:
    """Where a model of the miniature lies in a study's folder of models.

    Further encoders and generators have folders of their own, so that they may be called as
    anything else there.

    Args:
        name: of the model.
        role: what it is opened as, "encoder" or "generator".

    >>> miniature_place("clip"), miniature_place("gap-term"), miniature_place("wide", "generator")
    ('clip', 'encoders/gap-term', 'generators/wide')
    """
    return name if name in MINIATURE else f"{role}s/{name}"


@contextmanager
def opening(location: str, as_what: str) -> Iterator[None]:
    """Tell the user which model a library could not open, and why.

    Raises:
        InputError: whatever libraries raise for a model that is missing, incomplete or damaged.
    """
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise InputError(f"{location}: cannot be opened as {as_what} ({reason})") from error


class Checkpoint(NamedTuple):
    """A model that can be opened: what `from_pretrained` takes, and what identifies it."""

    location: str
    """Repository or folder."""
    revision: str | None
    """Commit of the repository; None for a folder."""
    identity: str
    """`repository@revision`, or the fingerprint of the folder's files."""


NO_MODEL = Checkpoint("no model", None, "no model")
"""What a generator is given that opens none."""


def checkpoint(
    location: str | None, revision: str | None = None, fingerprint_file: str | Path | None = None
) -> Checkpoint:
    """Resolve a model's identity: the pinned commit, or the fingerprint that stands in a file.

    Without a location there is no model.
    """
    if location is None:
        return NO_MODEL
    if fingerprint_file is None:
        return Checkpoint(location, revision, f"{location}@{revision}")
    return Checkpoint(location, None, Path(fingerprint_file).read_text(encoding="utf-8").strip())


def held(key: Hashable, load: Callable[[], Model]) -> Model:
    """Give the model that this process holds under a key, or let go of any other and load it.

    One model at a time: a worker that goes on to the next stage frees the device.
    """
    if key not in _held:
        release()
        _held[key] = load()
    return _held[key]  # type: ignore[return-value]


def release() -> None:
    """Let go of the model that this process holds."""
    if not _held:
        return
    import torch

    _held.clear()
    gc.collect()
    torch.cuda.empty_cache()
