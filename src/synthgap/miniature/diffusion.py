"""The miniature's diffusion: a denoiser trained on latents, saved with all its companions."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgap.files import replacing_folder
from synthgap.miniature import autoencoder, transformer
from synthgap.miniature.attributes import describe
from synthgap.miniature.captions import captions, draw
from synthgap.miniature.spec import DiffusionSpec
from synthgap.miniature.web import WebScans
from synthgap.objectives.loop import Descent, batches, deterministic

if TYPE_CHECKING:
    import torch


def build(text_width: int, channels: int) -> Any:
    """Build an untrained UNet for 4×8×8 latents and captions of `text_width` a token.

    It has so many `channels` on 8×8 latents, and twice as many on 4×4.
    """
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=8,
        block_out_channels=(channels, 2 * channels),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        layers_per_block=1,
        norm_num_groups=8,
        attention_head_dim=4,
        cross_attention_dim=text_width,
    )


def scheduler() -> Any:
    """Build the sampler that the folder names: DPM-Solver++ on Stable Diffusion's noise levels."""
    from diffusers import DPMSolverMultistepScheduler

    return DPMSolverMultistepScheduler(
        num_train_timesteps=1000,
        beta_schedule="scaled_linear",
        beta_start=0.00085,
        beta_end=0.012,
        prediction_type="v_prediction",
        steps_offset=1,
    )


def embed_captions(text_encoder: Any, tokenizer: Any) -> torch.Tensor:
    """Return the hidden states of all captions and, last, of the empty one: k×tokens×width.

    Captions are padded and encoded as `StableDiffusionPipeline` does when it samples.
    """
    import torch

    tokens = tokenizer(
        [*captions(), ""], padding="max_length", truncation=True, return_tensors="pt"
    ).input_ids
    with torch.no_grad():
        return torch.cat(
            [text_encoder(part).last_hidden_state for part in torch.split(tokens, 256)]
        )


def train_diffusion(
    scans: WebScans, clip_folder: Path, autoencoder_folder: Path, spec: DiffusionSpec, folder: Path
) -> None:
    """Train a denoiser on the scans' latents and captions and write a pipeline to `folder`.

    Text encoder and tokenizer are those of `clip_folder`, the autoencoder that of
    `autoencoder_folder`; neither is changed. `DiffusionPipeline.from_pretrained` loads the result
    as a `StableDiffusionPipeline` for 16×16 images, that of a transformer as a
    `PixArtAlphaPipeline`.
    """
    import torch
    from diffusers import AutoencoderKL, PixArtAlphaPipeline, StableDiffusionPipeline
    from transformers import CLIPModel, CLIPTokenizer

    vae = AutoencoderKL.from_pretrained(autoencoder_folder).eval()
    vae.register_to_config(_name_or_path="")  # or the folder's place would be written down
    text_encoder = CLIPModel.from_pretrained(clip_folder).text_model.eval()
    tokenizer = CLIPTokenizer.from_pretrained(clip_folder)
    words = describe(scans.pixels, scans.digits)
    sampler = scheduler()

    with deterministic(spec.seed) as rng:
        latents = autoencoder.encode(vae, torch.from_numpy(scans.scaled()))
        latents = latents * vae.config.scaling_factor
        texts = embed_captions(text_encoder, tokenizer)
        if spec.blocks is None:
            model = build(texts.shape[-1], spec.channels)
        else:
            model = transformer.build(texts.shape[-1], 2 * spec.channels, spec.blocks)
            masks = transformer.masks(tokenizer, [*captions(), ""])
        average = copy.deepcopy(model)
        descent = Descent(model, spec.learning_rate, spec.steps, "diffusion")
        for step, batch in zip(descent, batches(len(latents), spec.batch_size, rng), strict=False):
            said = draw(scans.digits[batch], words[batch], rng)
            said[rng.random(len(said)) < spec.caption_dropout] = len(texts) - 1
            clean = latents[batch]
            noise = torch.randn_like(clean)
            times = torch.from_numpy(rng.integers(0, 1000, len(batch)))
            kept = sampler.alphas_cumprod[times].sqrt()[:, None, None, None]
            lost = (1 - kept**2).sqrt()
            noisy = kept * clean + lost * noise
            if spec.blocks is None:
                guess = model(noisy, times, texts[said]).sample
            else:
                guess = transformer.guess(model, noisy, times, texts[said], masks[said])
            descent(torch.nn.functional.mse_loss(guess, kept * noise - lost * clean))
            follow(average, model, min(spec.ema_decay, (1 + step) / (10 + step)))

    parts = {
        "vae": vae,
        "text_encoder": text_encoder,
        "tokenizer": tokenizer,
        "scheduler": sampler,
    }
    pipeline = (
        StableDiffusionPipeline(
            **parts,
            unet=average,
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
        if spec.blocks is None
        else PixArtAlphaPipeline(**parts, transformer=average)
    )
    with replacing_folder(folder) as new:
        pipeline.save_pretrained(new)
        for name in ("tokenizer.json", "tokenizer_config.json"):  # as they were before use
            shutil.copyfile(Path(clip_folder, name), new / "tokenizer" / name)


def follow(average: Any, model: Any, decay: float) -> None:
    """Move the weights of `average` towards those of `model`, keeping the share `decay`."""
    import torch

    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)
