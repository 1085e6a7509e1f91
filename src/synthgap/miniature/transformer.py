"""A transformer that denoises latents in place of the UNet, in the way of DiT and PixArt.

Source: W. Peebles, S. Xie: Scalable Diffusion Models with Transformers, ICCV 2023; captions by
cross-attention: J. Chen et al., PixArt-alpha, ICLR 2024. PixArt reads captions with T5; this one
reads them with the miniature's CLIP, as the UNet does, so that nothing but the denoiser differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

HEADS = 4


def build(text_width: int, width: int, blocks: int) -> Any:
    """Build an untrained transformer on 16 tokens, each of 2×2 of 4×8×8 latents.

    Args:
        text_width: of captions, a token.
        width: of the tokens, a multiple of `HEADS`.
        blocks: how many.
    """
    from diffusers import PixArtTransformer2DModel

    return PixArtTransformer2DModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        patch_size=2,
        num_layers=blocks,
        num_attention_heads=HEADS,
        attention_head_dim=width // HEADS,
        cross_attention_dim=width,
        caption_channels=text_width,
    )


def masks(tokenizer: Any, texts: Sequence[str]) -> torch.Tensor:
    """Say which tokens of captions are no padding, as the pipeline does: k×tokens of 0 and 1."""
    found: torch.Tensor = tokenizer(
        list(texts), padding="max_length", truncation=True, return_tensors="pt"
    ).attention_mask
    return found


def guess(
    model: Any, noisy: torch.Tensor, times: torch.Tensor, texts: torch.Tensor, kept: torch.Tensor
) -> torch.Tensor:
    """Return what the transformer takes for the velocity of noisy latents: n×4×8×8.

    Args:
        model: the transformer.
        noisy: n×4×8×8.
        times: n steps of noise, 0 to 999.
        texts: n×tokens×width.
        kept: n×tokens, 1 where a token is no padding.
    """
    found: torch.Tensor = model(
        noisy,
        encoder_hidden_states=texts,
        timestep=times,
        encoder_attention_mask=kept,
    ).sample
    return found
