"""Keys of the generator `adapted`: natural images to begin with or to be led by, and weights."""

from pathlib import PurePosixPath
from typing import Self

from pydantic import Field, field_validator, model_validator

from synthgap.models import ModelSource
from synthgap.places import Place
from synthgap.section import Section

SAFE = ".safetensors"


class ImageToImage(Section):
    """Images begin with natural ones: each with one of its class's natural-train images, to which
    noise is added and then taken away as the prompt says. Which image goes with which is drawn by
    the study's seed, none twice as long as there are others, and stands in
    `natural_choices/{class_id}.parquet`."""

    strength: float = Field(gt=0, le=1)
    """Share of the denoising steps that are done: with 1 hardly anything is left of the natural
    image, with little it comes back nearly as it was."""


class Weights(Section):
    """A file of weights, safetensors alone: of a repository, or on this machine."""

    repository: str | None = Field(default=None, pattern=r"^[\w.-]+/[\w.-]+$")
    """Repository on the Hugging Face hub, `owner/name`; needs a `revision` and a `weight_name`."""
    revision: str | None = Field(default=None, pattern=r"^[0-9a-f]{40}$")
    """Commit of the repository, 40 hexadecimal digits, so that the weights cannot change unseen."""
    weight_name: str | None = None
    """The file in the repository."""
    file: Place | None = None
    """The file on this machine, in place of a repository."""

    @field_validator("weight_name", "file")
    @classmethod
    def _safe(cls, name: str | None) -> str | None:
        if name is not None and not name.endswith(SAFE):
            raise ValueError(
                f"{name} does not end in {SAFE}; other formats may hold code, and are not opened"
            )
        return name

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        in_repository = (self.repository, self.revision, self.weight_name)
        given = [part is not None for part in in_repository]
        if any(given) == (self.file is not None) or any(given) != all(given):
            raise ValueError(
                "name a file, or repository, revision (the commit to pin) and weight_name together"
            )
        return self

    @property
    def place(self) -> tuple[str, str, str | None]:
        """Folder or repository, the file in it, and the commit of a repository."""
        if self.file is not None:
            path = PurePosixPath(self.file)
            return str(path.parent), path.name, None
        return self.repository or "", self.weight_name or "", self.revision

    @property
    def whole_place(self) -> tuple[str, str | None]:
        """The same in one, and the commit."""
        folder, file, revision = self.place
        return self.file or f"{folder}/{file}", revision


class LoRA(Weights):
    """Low-rank changes of a model's weights (LoRA, arXiv 2106.09685), as diffusers loads them."""

    scale: float = 1.0
    """Their weight: 1 as they were trained, 0 not at all."""


class TextualInversion(Weights):
    """A word that stands for what was learned of images (arXiv 2208.01618), as an embedding that
    diffusers loads."""

    token: str = Field(min_length=1)
    """The word, as prompts write it, such as `<my-crane>`."""

    @field_validator("token")
    @classmethod
    def _one_word(cls, token: str) -> str:
        if token.split() != [token]:
            raise ValueError(f"{token!r} must be one word, without spaces, such as <my-crane>")
        return token


class ImageEncoder(ModelSource):
    """What shows an IP-Adapter its image: a CLIP vision model with its projection."""

    subfolder: str | None = None
    """Folder of the model in the repository, such as `models/image_encoder`."""

    @model_validator(mode="after")
    def _pretrained(self) -> Self:
        if self.miniature is not None:
            raise ValueError("none of the miniature's models; name a repository or a folder")
        return self


class ImagePrompt(Weights):
    """Images are led by natural ones besides the prompt, through an IP-Adapter (arXiv 2308.06721):
    each by one of its class's natural-train images, drawn as for `image_to_image`. The weights are
    those of the adapter."""

    image_encoder: ImageEncoder
    """What the adapter sees the images with."""
    scale: float = Field(default=1.0, ge=0)
    """Weight of the natural image: 0 is the prompt alone."""
