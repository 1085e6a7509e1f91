"""The study file's section on the miniature models: how long and how each is trained."""

from typing import Annotated, Any

from pydantic import Field

from synthgap.objectives.spec import Objective
from synthgap.refusals import LONGEST_NAME, PATH_SAFE
from synthgap.section import Section

Name = Annotated[str, Field(pattern=PATH_SAFE, max_length=LONGEST_NAME)]
Count = Annotated[int, Field(ge=1)]
Channels = Annotated[int, Field(ge=8, multiple_of=8)]
Rate = Annotated[float, Field(gt=0)]


class ClipSpec(Section):
    """How the miniature's CLIP is trained."""

    steps: Count
    """Training steps."""

    batch_size: Annotated[int, Field(ge=2)] = 96
    """Pairs of image and caption in a step; every other caption of the batch is a contrast."""

    learning_rate: Rate = 2e-3
    """Highest learning rate of AdamW, after the warm-up and before the cosine decay."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the initial weights and of the order of scans and captions."""

    objective: Objective = Objective()
    """What it is trained towards; CLIP's own loss if left out."""

    shared_projection: bool = False
    """Whether images and captions are brought into their common space by one matrix and not two."""

    def asked(self) -> dict[str, Any]:
        """The keys of a training; later ones only where they are not as they were before."""
        later = {"objective", "shared_projection"}
        return {
            **self.model_dump(mode="json", exclude=later),
            **self.model_dump(mode="json", include=later, exclude_defaults=True),
        }


class AutoencoderSpec(Section):
    """How the miniature's autoencoder between images and latents is trained."""

    steps: Count
    """Training steps."""

    batch_size: Count = 32
    """Images in a step."""

    learning_rate: Rate = 5e-3
    """Highest learning rate of AdamW, after the warm-up and before the cosine decay."""

    kl_weight: Annotated[float, Field(ge=0)] = 3e-3
    """Weight of the Kullback-Leibler divergence per latent value beside the squared error."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the initial weights and of the order of scans."""


class DiffusionSpec(Section):
    """How the miniature's denoiser is trained: a UNet, or a transformer."""

    steps: Count
    """Training steps."""

    batch_size: Count = 64
    """Latents in a step."""

    learning_rate: Rate = 2e-3
    """Highest learning rate of AdamW, after the warm-up and before the cosine decay."""

    caption_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of captions replaced by the empty one, for classifier-free guidance."""

    ema_decay: Annotated[float, Field(ge=0, lt=1)] = 0.99
    """Share of the old value that the moving average of the weights keeps at each step."""

    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of the initial weights, the order of scans and captions, and the noise."""

    channels: Channels = 32
    """Channels of the UNet on 8×8 latents, a multiple of 8; on 4×4 it has twice as many."""

    blocks: Count | None = None
    """Blocks of a transformer that denoises in place of the UNet, as in PixArt; its tokens have
    twice the `channels`."""

    def asked(self) -> dict[str, Any]:
        """The keys of a training; later ones only where they are not as they were before."""
        later = {"channels", "blocks"}
        return {
            **self.model_dump(mode="json", exclude=later),
            **self.model_dump(mode="json", include=later, exclude_defaults=True),
        }


class MiniatureSpec(Section):
    """The miniature's own models, trained on the `web` part of the digits."""

    clip: ClipSpec
    """The CLIP that embeds images and prompts and whose text model guides the diffusion."""

    autoencoder: AutoencoderSpec
    """The autoencoder between 16×16 pixels and the latents that are diffused."""

    diffusion: DiffusionSpec
    """The UNet that takes the noise off latents, guided by captions."""

    encoders: dict[Name, ClipSpec] = Field(default={})
    """Further CLIPs by name, for encoders alone: `model: {miniature: NAME}`. The diffusion is
    guided by `clip`, so that its images are the same for all of them."""

    generators: dict[Name, DiffusionSpec] = Field(default={})
    """Further denoisers by name, for generators: `model: {miniature: NAME}`. Each makes a whole
    pipeline with the captions of `clip` and the latents of `autoencoder`."""
