"""The miniature's autoencoder: trained on web scans, saved as a `diffusers` folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgap.files import replacing_folder
from synthgap.image_sets.digits import SIZE
from synthgap.miniature.spec import AutoencoderSpec
from synthgap.miniature.web import WebScans
from synthgap.objectives.loop import Descent, batches, deterministic

if TYPE_CHECKING:
    import torch


def build() -> Any:
    """Build an untrained autoencoder from 3×16×16 pixels to 4×8×8 latents and back."""
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        sample_size=SIZE,
        latent_channels=4,
        block_out_channels=(16, 32),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        layers_per_block=1,
        norm_num_groups=8,
        mid_block_add_attention=False,
    )


def encode(model: Any, images: torch.Tensor) -> torch.Tensor:
    """Return the latents of n×3×16×16 images in -1..1: n×4×8×8, before scaling."""
    import torch

    with torch.no_grad():
        means = [model.encode(part).latent_dist.mode() for part in torch.split(images, 256)]
    return torch.cat(means)


def train_autoencoder(scans: WebScans, spec: AutoencoderSpec, folder: Path) -> None:
    """Train an autoencoder on the scans and write it to `folder`.

    `AutoencoderKL.from_pretrained` loads it. Its `scaling_factor` gives the latents of the scans a
    standard deviation of one, as the diffusion expects.
    """
    import torch

    images = torch.from_numpy(scans.scaled())
    with deterministic(spec.seed) as rng:
        model = build()
        descent = Descent(model, spec.learning_rate, spec.steps, "autoencoder")
        for _, batch in zip(descent, batches(len(images), spec.batch_size, rng), strict=False):
            latents = model.encode(images[batch]).latent_dist
            decoded = model.decode(latents.sample()).sample
            error = torch.nn.functional.mse_loss(decoded, images[batch])
            divergence = latents.kl().mean() / latents.mean[0].numel()
            descent(error + spec.kl_weight * divergence)

    spread = encode(model, images).std().item()
    model.register_to_config(scaling_factor=round(1 / spread, 4))
    with replacing_folder(folder) as new:
        model.save_pretrained(new)
