"""Noise on the embedding of a prompt, as condition-annealed sampling has it (arXiv 2310.17347)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

if TYPE_CHECKING:
    import torch


def annealed(
    embeddings: "Float[torch.Tensor, 'n *rest']",
    share: float,
    noise_scale: float,
    mixing: float,
    draws: Sequence[np.random.Generator],
) -> "Float[torch.Tensor, 'n *rest']":
    """Mix embeddings with noise, and put their mean and standard deviation back.

    Of an embedding y it makes ŷ = √γ y + s √(1 − γ) n, and of that ψ times ŷ at mean and standard
    deviation of y, plus (1 − ψ) ŷ. Sums are in float32.

    Args:
        embeddings: one an image.
        share: γ, what is left of them.
        noise_scale: s.
        mixing: ψ.
        draws: random numbers of each image, of which it takes as many as its embedding has.
    """
    import torch

    wide = embeddings.float()
    drawn = np.stack([draw.standard_normal(wide.shape[1:], np.float32) for draw in draws])
    noise = torch.from_numpy(drawn).to(wide.device)
    noisy = share**0.5 * wide + noise_scale * (1 - share) ** 0.5 * noise
    rest = tuple(range(1, wide.dim()))
    deviation, mean = torch.std_mean(wide, dim=rest, keepdim=True)
    noisy_deviation, noisy_mean = torch.std_mean(noisy, dim=rest, keepdim=True)
    rescaled = (noisy - noisy_mean) / noisy_deviation * deviation + mean
    mixed: torch.Tensor = mixing * rescaled + (1 - mixing) * noisy
    return mixed.to(embeddings.dtype)
